// SPDX-License-Identifier: Apache-2.0
#include "vm/memory_state.h"

#include "base/error.h"
#include "disk/chunks.h"
#include "disk/file_checks.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

namespace ingot::vm {
namespace {

constexpr std::uint64_t kBlock = base::ByteCount::kib(64).bytes();
// What one thread takes at once.
constexpr std::size_t kAtOnce = 32;
constexpr const char* kDevices = "devices";
constexpr const char* kBlocks = "blocks";
constexpr std::uint64_t kFormat = 0x31'6d'65'6d'74'6f'67'6eULL;  // "ngotmem1"

[[noreturn]] void throw_damaged(const os::Path& folder, const std::string& what) {
    throw base::Error(base::ErrorKind::Corrupt,
                      "FileDamaged",
                      fmt::format("the memory state {}: {}", folder.string(), what),
                      folder.string());
}

// What is missing is as damaged as what was changed.
template <typename Body>
auto as_damage(const os::Path& folder, Body&& body) -> decltype(body()) {
    try {
        return body();
    } catch (const base::Error& error) {
        throw_damaged(folder, error.message());
    }
}

os::Path ram_file(const os::Path& folder, std::size_t number) {
    return folder / fmt::format("ram-{}", number);
}

// The list of blocks as it lies in its file: numbers of this machine's own byte order, for the
// cache of one host. The last is the checksum of the others.
void write_blocks(const os::Path& folder, const MemoryContent& content) {
    std::vector<std::uint64_t> words = {kFormat, content.files.size(), content.blocks.size()};
    for (const auto& block : content.blocks) {
        words.push_back((std::uint64_t{block.file} << 32U) | block.index);
        words.push_back(block.hash);
    }
    words.push_back(XXH3_64bits(words.data(), words.size() * sizeof words[0]));
    const auto fd = os::open_file(folder / kBlocks, O_WRONLY | O_CREAT | O_EXCL);
    os::write_all(fd.get(),
                  {reinterpret_cast<const char*>(words.data()), words.size() * sizeof words[0]});
}

MemoryContent read_blocks(const os::Path& folder) {
    const auto text = as_damage(folder, [&] { return os::read_file(folder / kBlocks); });
    std::vector<std::uint64_t> words(text.size() / sizeof(std::uint64_t));
    std::memcpy(words.data(), text.data(), words.size() * sizeof words[0]);
    constexpr std::size_t kHead = 3;
    if (words.size() < kHead + 1 || words[0] != kFormat || words[1] > words.size() ||
        words.size() != kHead + 2 * words[2] + 1 ||
        words.back() != XXH3_64bits(words.data(), (words.size() - 1) * sizeof words[0])) {
        throw_damaged(folder, "its list of blocks is not what was written");
    }
    MemoryContent content;
    for (std::size_t i = 0; i < words[1]; ++i) {
        content.files.push_back(
            as_damage(folder, [&] { return os::open_file(ram_file(folder, i), O_RDONLY); }));
    }
    for (std::size_t at = kHead; at + 1 < words.size(); at += 2) {
        content.blocks.push_back({words[at + 1],
                                  static_cast<std::uint32_t>(words[at]),
                                  static_cast<std::uint32_t>(words[at] >> 32U)});
    }
    return content;
}

bool all_zero(std::span<const std::byte> bytes) {
    return bytes[0] == std::byte{0} &&
           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

// Calls work(from, to) for parts of 0 to `count`, on all cores, in no order.
void on_all_cores(std::size_t count,
                  const base::Cancellation& cancellation,
                  const std::function<void(std::size_t from, std::size_t to)>& work) {
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::exception_ptr failure;
    const auto take = [&]() noexcept {
        try {
            for (auto from = next.fetch_add(kAtOnce); from < count;
                 from = next.fetch_add(kAtOnce)) {
                cancellation.throw_if_cancelled();
                work(from, std::min(from + kAtOnce, count));
            }
        } catch (...) {
            const std::lock_guard lock(mutex);
            failure = failure ? failure : std::current_exception();
            next = count;
        }
    };
    {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
            others.emplace_back(take);
        }
        take();
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
}

std::vector<std::uint32_t> touched_blocks(int file, base::ByteCount size) {
    std::vector<std::uint32_t> blocks;
    for (const auto& extent : disk::data_extents(file, size)) {
        auto block = static_cast<std::uint32_t>(extent.start / kBlock);
        if (!blocks.empty()) {
            block = std::max(block, blocks.back() + 1);
        }
        for (; block * kBlock < extent.end; ++block) {
            blocks.push_back(block);
        }
    }
    return blocks;
}

void write_at(int file, std::span<const std::byte> bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const auto put = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno != EINTR) {
            throw base::SystemError(errno, "writing a memory state");
        }
        bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(put, 0)));
        offset += static_cast<std::uint64_t>(std::max<ssize_t>(put, 0));
    }
}

void read_block(int file, std::span<std::byte> into, std::uint64_t offset) {
    while (!into.empty()) {
        const auto got = ::pread(file, into.data(), into.size(), static_cast<off_t>(offset));
        if (got < 0 && errno != EINTR) {
            throw base::SystemError(errno, "reading a memory state");
        }
        if (got == 0) {
            std::ranges::fill(into, std::byte{0});  // cut off: its checksum will not do
            return;
        }
        into = into.subspan(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        offset += static_cast<std::uint64_t>(std::max<ssize_t>(got, 0));
    }
}

// Under the names they have in `folder`. False if one of them has no name left anywhere.
bool link_files(const MemoryContent& content, const os::Path& folder) {
    for (std::size_t i = 0; i < content.files.size(); ++i) {
        const auto open_file = fmt::format("/proc/self/fd/{}", content.files[i].get());
        if (::linkat(AT_FDCWD,
                     open_file.c_str(),
                     AT_FDCWD,
                     ram_file(folder, i).c_str(),
                     AT_SYMLINK_FOLLOW) != 0) {
            return false;
        }
    }
    return true;
}

// Enough to stay in a processor's own cache between two uses.
std::span<std::byte> block_buffer() {
    thread_local std::vector<std::byte> buffer(kBlock);
    return buffer;
}

// Reads and verifies every block, in several threads, and hands it to `use`.
void read_all(const os::Path& folder,
              const MemoryContent& content,
              const base::Cancellation& cancellation,
              const std::function<void(const MemoryBlock&, std::span<const std::byte>)>& use) {
    const auto read_one = [&](const MemoryBlock& block) {
        if (block.file >= content.files.size()) {
            throw_damaged(folder, "its list of blocks does not fit");
        }
        const auto bytes = block_buffer();
        read_block(content.files[block.file].get(), bytes, block.index * kBlock);
        if (XXH3_64bits(bytes.data(), bytes.size()) != block.hash) {
            throw_damaged(
                folder, fmt::format("the bytes at {} are not those written", block.index * kBlock));
        }
        use(block, bytes);
    };
    on_all_cores(content.blocks.size(), cancellation, [&](std::size_t from, std::size_t to) {
        std::for_each(content.blocks.begin() + static_cast<std::ptrdiff_t>(from),
                      content.blocks.begin() + static_cast<std::ptrdiff_t>(to),
                      read_one);
    });
}

os::Path devices_checks(const os::Path& folder) {
    return folder / fmt::format("{}.checks", kDevices);
}

}  // namespace

GuestMemory::GuestMemory(base::ByteCount size)
    : file_(::memfd_create("guest-memory", MFD_CLOEXEC)),
      size_(size.rounded_up_to(base::ByteCount(kBlock))) {
    if (!file_ || ::ftruncate(file_.get(), static_cast<off_t>(size_.bytes())) != 0) {
        throw base::SystemError(errno, "making the memory of a VM");
    }
}

base::ByteCount GuestMemory::occupied() const {
    struct stat status {};

    if (::fstat(file_.get(), &status) != 0) {
        throw base::SystemError(errno, "looking at the memory of a VM");
    }
    return base::ByteCount(static_cast<std::uint64_t>(status.st_blocks) * 512);
}

base::ByteCount GuestMemory::save(const os::Path& folder, const base::Cancellation& cancellation) {
    if (!link_files(last_, folder)) {
        for (std::size_t i = 0; i < last_.files.size(); ++i) {
            os::remove_tree(ram_file(folder, i));
        }
        last_ = {};  // everything is written once more
    }
    MemoryContent now;
    for (const auto& file : last_.files) {
        now.files.push_back(file.duplicate());
    }
    const auto newest = static_cast<std::uint32_t>(last_.files.size());
    now.files.push_back(os::open_file(ram_file(folder, newest), O_RDWR | O_CREAT | O_EXCL));
    const int file = now.files.back().get();
    const auto touched = touched_blocks(file_.get(), size_);
    std::vector<MemoryBlock> blocks(touched.size());
    std::atomic<std::uint64_t> written = 0;
    const auto save_block = [&](std::size_t i) {
        const auto bytes = block_buffer();
        read_block(file_.get(), bytes, touched[i] * kBlock);
        if (all_zero(bytes)) {
            blocks[i].file = UINT32_MAX;
            return;
        }
        blocks[i] = {XXH3_64bits(bytes.data(), bytes.size()), touched[i], newest};
        const auto before =
            std::ranges::lower_bound(last_.blocks, touched[i], {}, &MemoryBlock::index);
        if (before != last_.blocks.end() && before->index == touched[i] &&
            before->hash == blocks[i].hash) {
            blocks[i].file = before->file;
            return;
        }
        write_at(file, bytes, touched[i] * kBlock);
        written += kBlock;
    };
    on_all_cores(touched.size(), cancellation, [&](std::size_t from, std::size_t to) {
        for (auto i = from; i < to; ++i) {
            save_block(i);
        }
    });
    std::erase_if(blocks, [](const auto& block) { return block.file == UINT32_MAX; });
    now.blocks = std::move(blocks);
    write_blocks(folder, now);
    const auto devices = os::open_file(folder / kDevices, O_RDONLY);
    os::write_all(os::open_file(devices_checks(folder), O_WRONLY | O_CREAT | O_EXCL).get(),
                  disk::to_text(disk::checks_of(devices.get(), cancellation)));
    last_ = std::move(now);
    return base::ByteCount(written);
}

void GuestMemory::load(const os::Path& folder, const base::Cancellation& cancellation) {
    auto content = read_blocks(folder);
    const auto put = [&](const MemoryBlock& block, std::span<const std::byte> bytes) {
        if ((std::uint64_t{block.index} + 1) * kBlock > size_.bytes()) {
            throw_damaged(folder, "its list of blocks does not fit");
        }
        write_at(file_.get(), bytes, block.index * kBlock);
    };
    read_all(folder, content, cancellation, put);
    last_ = std::move(content);
}

os::Fd make_devices_file(const os::Path& folder) {
    return os::open_file(folder / kDevices, O_RDWR | O_CREAT | O_EXCL);
}

os::Fd open_devices_file(const os::Path& folder, const base::Cancellation& cancellation) {
    return as_damage(folder, [&] {
        auto devices = os::open_file(folder / kDevices, O_RDONLY);
        disk::verify(devices.get(),
                     disk::file_checks_from(os::read_file(devices_checks(folder))),
                     cancellation);
        ::lseek(devices.get(), 0, SEEK_SET);  // looking for data has moved it
        return devices;
    });
}

void verify_memory_state(const os::Path& folder, const base::Cancellation& cancellation) {
    const auto content = read_blocks(folder);
    read_all(folder, content, cancellation, [](const MemoryBlock&, auto) {});
    static_cast<void>(open_devices_file(folder, cancellation));
}

}  // namespace ingot::vm
