// SPDX-License-Identifier: Apache-2.0
#include "disk/ext_file_system.h"

#include "base/error.h"
#include "disk/byte_order.h"
#include "os/child_process.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

// A listing or a copy takes milliseconds; this is for a file system made to take for ever.
constexpr auto kPatience = std::chrono::seconds(20);

// Between fork and exec: plain system calls only.
int limit_this_process() {
    constexpr rlimit kMemory{rlim_t{1} << 30U, rlim_t{1} << 30U};
    constexpr rlimit kLargestFile{rlim_t{512} << 20U, rlim_t{512} << 20U};
    constexpr rlimit kProcessorSeconds{20, 20};
    constexpr rlimit kNoCore{0, 0};
    const bool done =
        ::setrlimit(RLIMIT_AS, &kMemory) == 0 && ::setrlimit(RLIMIT_FSIZE, &kLargestFile) == 0 &&
        ::setrlimit(RLIMIT_CPU, &kProcessorSeconds) == 0 && ::setrlimit(RLIMIT_CORE, &kNoCore) == 0;
    return done ? 0 : errno;
}

// One line of `ls -p`: /inode/mode/uid/gid/name/size/. Empty if it is none.
std::string_view name_in_line(std::string_view line) {
    for (int field = 0; field < 5; ++field) {
        const auto slash = line.find('/');
        if (slash == std::string_view::npos) {
            return {};
        }
        line.remove_prefix(slash + 1);
    }
    return line.substr(0, line.find('/'));
}

}  // namespace

ExtFileSystem::ExtFileSystem(os::Fd raw, base::ByteCount start, std::string uuid)
    : raw_(std::move(raw)), start_(start), uuid_(std::move(uuid)) {}

std::optional<ExtFileSystem> ExtFileSystem::find(const os::Path& raw, base::ByteCount start) {
    // Offsets: Linux, Documentation/filesystems/ext4, "Super Block".
    constexpr std::uint64_t kSuperBlock = 1024;
    constexpr std::uint16_t kMagic = 0xEF53;
    constexpr std::uint32_t kNeedsRecovery = 4;
    std::array<std::byte, 1024> block{};
    auto fd = os::open_file(raw, O_RDONLY);
    const auto got = ::pread(
        fd.get(), block.data(), block.size(), static_cast<off_t>(start.bytes() + kSuperBlock));
    if (got != static_cast<ssize_t>(block.size()) ||
        read_little_endian<std::uint16_t>(block, 0x38) != kMagic ||
        (read_little_endian<std::uint32_t>(block, 0x60) & kNeedsRecovery) != 0) {
        return std::nullopt;
    }
    auto uuid = fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                            read_big_endian<std::uint32_t>(block, 0x68),
                            read_big_endian<std::uint16_t>(block, 0x6C),
                            read_big_endian<std::uint16_t>(block, 0x6E),
                            read_big_endian<std::uint16_t>(block, 0x70),
                            read_big_endian<std::uint64_t>(block, 0x70) & 0xFFFF'FFFF'FFFFU);
    return ExtFileSystem(std::move(fd), start, std::move(uuid));
}

std::string ExtFileSystem::debugfs(const std::string& request,
                                   const os::Path& working_folder,
                                   const base::Cancellation& cancellation) const {
    // The disk goes in as a descriptor: a path with a question mark would be read as options.
    os::ProcessSpec spec{
        .argv = {"debugfs", "-R", request, fmt::format("/dev/fd/3?offset={}", start_.bytes())}};
    spec.env = {{"DEBUGFS_PAGER", "__none__"}};
    spec.working_directory = working_folder;
    spec.fds = {{raw_.get(), 3}};
    spec.before_exec = limit_this_process;
    try {
        auto completed = os::run(std::move(spec), cancellation.child(kPatience));
        return completed.status.success() ? std::move(completed.out) : std::string();
    } catch (const base::Cancelled&) {
        cancellation.throw_if_cancelled();  // else it was our own patience that ended
        return {};
    }
}

std::vector<std::string> ExtFileSystem::names_in(const std::string& folder,
                                                 const base::Cancellation& cancellation) const {
    const auto listing = debugfs("ls -p " + folder, "/", cancellation);
    std::vector<std::string> names;
    for (std::size_t start = 0; start < listing.size();) {
        const auto end = std::min(listing.find('\n', start), listing.size());
        const auto name = name_in_line(std::string_view(listing).substr(start, end - start));
        if (!name.empty()) {
            names.emplace_back(name);
        }
        start = end + 1;
    }
    return names;
}

bool ExtFileSystem::copy_file(const std::string& path,
                              const os::Path& to,
                              const base::Cancellation& cancellation) const {
    // debugfs splits the request at blanks, so the target is named within its folder.
    [[maybe_unused]] const auto output = debugfs(
        fmt::format("dump {} {}", path, to.filename().string()), to.parent_path(), cancellation);
    std::error_code absent;
    const auto size = std::filesystem::file_size(to, absent);
    return !absent && size > 0;
}

}  // namespace ingot::disk
