// SPDX-License-Identifier: Apache-2.0
#include "artifact/held_file.h"

#include "base/error.h"
#include "os/file_lock.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::artifact {

void remove_file(const os::Path& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        throw base::SystemError(errno, "removing " + path.string());
    }
}

std::optional<HeldFile> HeldFile::try_hold(const os::Path& path) {
    os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        throw base::SystemError(errno, "opening " + path.string());
    }
    os::lock_shared(fd, path);

    struct stat status {};

    if (::fstat(fd.get(), &status) != 0) {
        throw base::SystemError(errno, "looking at " + path.string());
    }
    const bool erased_meanwhile = status.st_nlink == 0;
    return erased_meanwhile ? std::nullopt : std::optional(HeldFile(path, std::move(fd)));
}

std::optional<HeldFile> HeldFile::publish(const os::Path& making, const os::Path& path) {
    HeldFile held(path, os::open_file(making, O_RDONLY));
    os::lock_shared(held.fd_, making);
    if (::fsync(held.fd()) != 0) {
        throw base::SystemError(errno, "syncing " + making.string());
    }
    // A link, not a rename: it never replaces the file that another process holds.
    if (::link(making.c_str(), path.c_str()) != 0) {
        if (errno == EEXIST) {
            return std::nullopt;
        }
        throw base::SystemError(errno, "publishing " + path.string());
    }
    os::sync_folder(path.parent_path());
    remove_file(making);
    return held;
}

bool HeldFile::erase_unused(const os::Path& path, const std::function<bool()>& is_used) {
    const os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) {
        if (errno == ENOENT) {
            return true;
        }
        throw base::SystemError(errno, "opening " + path.string());
    }
    if (!os::try_lock_exclusive(fd, path) || is_used()) {
        return false;
    }
    remove_file(path);
    os::sync_folder(path.parent_path());
    return true;
}

}  // namespace ingot::artifact
