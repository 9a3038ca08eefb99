// SPDX-License-Identifier: Apache-2.0
#include "guest/agent/freezer.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::guest::agent {
namespace {

// proc(5): blanks, newlines and backslashes are written as \ooo.
std::string unescaped(std::string_view text) {
    std::string plain;
    while (!text.empty()) {
        if (text[0] == '\\' && text.size() >= 4) {
            const int code = (text[1] - '0') * 64 + (text[2] - '0') * 8 + (text[3] - '0');
            plain += static_cast<char>(code);
            text.remove_prefix(4);
        } else {
            plain += text[0];
            text.remove_prefix(1);
        }
    }
    return plain;
}

bool has_option(std::string_view options, std::string_view wanted) {
    bool found = false;
    for_each_piece(options, ',', [&](std::string_view option) { found |= option == wanted; });
    return found;
}

// btrfs and its like have an anonymous device (major 0) and name the disk as their source.
bool on_disk(std::string_view device, std::string_view source) {
    struct stat status {};

    return !device.starts_with("0:") ||
           (source.starts_with("/dev/") && ::stat(unescaped(source).c_str(), &status) == 0 &&
            S_ISBLK(status.st_mode));
}

// id parent major:minor root point options optional... - type source super-options
std::optional<DiskMount> disk_mount_in(std::string_view line) {
    std::vector<std::string_view> fields;
    for_each_piece(line, ' ', [&](std::string_view field) { fields.push_back(field); });
    const auto dash = std::ranges::find(fields, "-");
    if (dash - fields.begin() < 6 || fields.end() - dash < 4) {
        return std::nullopt;
    }
    // The mount's own "ro" says nothing: the same file system may be writable elsewhere.
    if (!has_option(dash[3], "rw") || !on_disk(fields[2], dash[2])) {
        return std::nullopt;
    }
    return DiskMount{std::string(fields[2]), unescaped(fields[4])};
}

}  // namespace

// The kernel lists mounts in the order in which they were made, and whatever a file system stands
// on (a mount point, the file behind a loop device) was mounted before it.
std::vector<DiskMount> mounts_to_freeze(std::string_view mountinfo) {
    std::vector<DiskMount> mounts;
    for_each_piece(mountinfo, '\n', [&](std::string_view line) {
        const auto mount = disk_mount_in(line);
        const auto known = [&](const DiskMount& other) { return other.device == mount->device; };
        if (mount && std::ranges::none_of(mounts, known)) {
            mounts.push_back(*mount);
        }
    });
    std::ranges::reverse(mounts);
    std::stable_partition(
        mounts.begin(), mounts.end(), [](const DiskMount& mount) { return mount.point != "/"; });
    return mounts;
}

std::string Freezer::freeze(const DiskMount& mount) {
    Descriptor root(::open(mount.point.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!root) {
        return failure(errno, "opening " + mount.point);
    }
    if (::syncfs(root.get()) != 0) {
        return failure(errno, "syncing " + mount.point);
    }
    if (::ioctl(root.get(), FIFREEZE, 0) == 0) {
        frozen_.push_back({std::move(root), mount.point});
        return {};
    }
    const bool cannot = errno == EOPNOTSUPP || errno == ENOTTY;
    return cannot ? std::string() : failure(errno, "freezing " + mount.point);
}

std::string Freezer::freeze() {
    if (!frozen_.empty()) {
        return "the file systems are frozen already";
    }
    const auto mountinfo = read_file("/proc/self/mountinfo");
    if (!mountinfo) {
        return failure(errno, "reading /proc/self/mountinfo");
    }
    for (const auto& mount : mounts_to_freeze(*mountinfo)) {
        if (auto words = freeze(mount); !words.empty()) {
            const auto after = thaw();
            return after.empty() ? words : words + "; " + after;
        }
    }
    return {};
}

std::string Freezer::thaw() {
    std::string words;
    std::vector<Frozen> stuck;
    while (!frozen_.empty()) {
        auto last = std::move(frozen_.back());
        frozen_.pop_back();
        // EINVAL: somebody else has thawed it.
        if (::ioctl(last.root.get(), FITHAW, 0) != 0 && errno != EINVAL) {
            words = words.empty() ? failure(errno, "thawing " + last.point) : words;
            stuck.push_back(std::move(last));
        }
    }
    std::ranges::reverse(stuck);
    frozen_ = std::move(stuck);
    return words;
}

}  // namespace ingot::guest::agent
