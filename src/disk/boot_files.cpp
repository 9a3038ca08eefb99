// SPDX-License-Identifier: Apache-2.0
#include "disk/boot_files.h"

#include "disk/ext_file_system.h"
#include "disk/partition_table.h"
#include "os/fd.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

// Where kernel and initrd are, and how their folder names them.
struct KernelPlace {
    std::string folder;
    std::string release;
    std::string initrd_name;
};

bool is_linux(const Partition& partition) {
    return partition.type == PartitionType::LinuxRoot ||
           partition.type == PartitionType::LinuxBoot ||
           partition.type == PartitionType::LinuxFilesystem;
}

// The Linux partitions that hold an ext file system, largest first.
std::vector<ExtFileSystem> ext_file_systems(const os::Path& raw) {
    auto table = read_partition_table(raw).value_or(PartitionTable{});
    std::sort(table.partitions.begin(),
              table.partitions.end(),
              [](const Partition& a, const Partition& b) { return a.size > b.size; });
    std::vector<ExtFileSystem> found;
    for (const auto& partition : table.partitions) {
        if (is_linux(partition)) {
            if (auto file_system = ExtFileSystem::find(raw, partition.start)) {
                found.push_back(std::move(*file_system));
            }
        }
    }
    return found;
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

const ExtFileSystem* find_root(const std::vector<ExtFileSystem>& file_systems,
                               const base::Cancellation& cancellation) {
    const auto root =
        std::find_if(file_systems.begin(), file_systems.end(), [&](const ExtFileSystem& candidate) {
            const auto names = candidate.names_in("/", cancellation);
            return contains(names, "etc") && contains(names, "usr");
        });
    return root == file_systems.end() ? nullptr : &*root;
}

// Kernel releases go into file names, debugfs requests and QEMU arguments.
bool is_plain(std::string_view release) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+~-";
    return !release.empty() && release.find_first_not_of(kPlain) == std::string_view::npos;
}

// Not what a boot menu offers first: rescue kernels, and leftovers of package managers.
bool is_offered(std::string_view release) {
    return is_plain(release) && std::isdigit(static_cast<unsigned char>(release[0])) != 0 &&
           !release.ends_with(".old") && !release.ends_with(".dpkg-tmp");
}

// Debian and Ubuntu, Fedora and its kin, SUSE.
std::optional<std::string> initrd_of(std::string_view release,
                                     const std::vector<std::string>& names) {
    for (const auto& candidate : {fmt::format("initrd.img-{}", release),
                                  fmt::format("initramfs-{}.img", release),
                                  fmt::format("initrd-{}", release)}) {
        if (contains(names, candidate)) {
            return candidate;
        }
    }
    return std::nullopt;
}

std::optional<KernelPlace> newest_kernel(const ExtFileSystem& file_system,
                                         const std::string& folder,
                                         const base::Cancellation& cancellation) {
    constexpr std::string_view kPrefix = "vmlinuz-";
    const auto names = file_system.names_in(folder, cancellation);
    std::string newest;
    for (const auto& name : names) {
        if (name.starts_with(kPrefix)) {
            const auto release = name.substr(kPrefix.size());
            if (is_offered(release) && ::strverscmp(release.c_str(), newest.c_str()) > 0) {
                newest = release;
            }
        }
    }
    const auto initrd = initrd_of(newest, names);
    if (newest.empty() || !initrd) {
        return std::nullopt;
    }
    return KernelPlace{folder, newest, *initrd};
}

// The mark of Linux/x86 boot protocol 2.00 and later; other files QEMU might read as ELF or
// multiboot, whose parsers need not meet a guest's bytes.
bool is_linux_kernel(const os::Path& path) {
    std::array<char, 4> mark{};
    const auto fd = os::open_file(path, O_RDONLY);
    return ::pread(fd.get(), mark.data(), mark.size(), 0x202) == 4 &&
           std::string_view(mark.data(), mark.size()) == "HdrS";
}

std::optional<BootFiles> copy_boot_files(const ExtFileSystem& file_system,
                                         const KernelPlace& place,
                                         const os::Path& folder,
                                         const base::Cancellation& cancellation) {
    BootFiles files{.kernel = folder / "kernel",
                    .initrd = folder / "initrd",
                    .root_argument = {},
                    .kernel_release = place.release};
    const auto copy = [&](const std::string& name, const os::Path& to) {
        return file_system.copy_file(place.folder + "/" + name, to, cancellation);
    };
    if (!copy("vmlinuz-" + place.release, files.kernel) || !is_linux_kernel(files.kernel) ||
        !copy(place.initrd_name, files.initrd)) {
        return std::nullopt;
    }
    return files;
}

std::optional<BootFiles> copy_newest_kernel(const std::vector<ExtFileSystem>& file_systems,
                                            const ExtFileSystem* root,
                                            const os::Path& folder,
                                            const base::Cancellation& cancellation) {
    if (const auto place = newest_kernel(*root, "/boot", cancellation)) {
        return copy_boot_files(*root, *place, folder, cancellation);
    }
    for (const auto& boot : file_systems) {
        const auto place = &boot == root ? std::nullopt : newest_kernel(boot, "", cancellation);
        if (place) {
            return copy_boot_files(boot, *place, folder, cancellation);
        }
    }
    return std::nullopt;
}

// 252 from libsystemd-shared-252.so or libsystemd-shared-252.17-1.fc37.so.
std::optional<int> version_in(std::string_view name) {
    constexpr std::string_view kPrefix = "libsystemd-shared-";
    if (!name.starts_with(kPrefix)) {
        return std::nullopt;
    }
    name.remove_prefix(kPrefix.size());
    int version = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), version);
    return parsed.ec == std::errc() ? std::optional(version) : std::nullopt;
}

}  // namespace

std::optional<BootFiles> find_boot_files(const os::Path& raw,
                                         const os::Path& folder,
                                         const base::Cancellation& cancellation) {
    const auto file_systems = ext_file_systems(raw);
    const auto* root = find_root(file_systems, cancellation);
    if (root == nullptr) {
        return std::nullopt;
    }
    auto files = copy_newest_kernel(file_systems, root, folder, cancellation);
    if (files) {
        files->root_argument = "root=UUID=" + root->uuid();
    }
    return files;
}

std::optional<int> systemd_version(const os::Path& raw, const base::Cancellation& cancellation) {
    const auto file_systems = ext_file_systems(raw);
    const auto* root = find_root(file_systems, cancellation);
    if (root == nullptr) {
        return std::nullopt;
    }
    // Fedora, Debian before and after /usr was merged, Ubuntu and Debian since multi-arch.
    for (const auto* folder : {"/usr/lib/systemd",
                               "/lib/systemd",
                               "/usr/lib/x86_64-linux-gnu/systemd",
                               "/usr/lib64/systemd"}) {
        for (const auto& name : root->names_in(folder, cancellation)) {
            if (const auto version = version_in(name)) {
                return version;
            }
        }
    }
    return std::nullopt;
}

bool guest_reads_credentials(const os::Path& raw, const base::Cancellation& cancellation) {
    constexpr int kFirst = 252;
    return systemd_version(raw, cancellation).value_or(0) >= kFirst;
}

}  // namespace ingot::disk
