// SPDX-License-Identifier: Apache-2.0
#include "os/file_lock.h"

#include "base/error.h"
#include "os/wait.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>

namespace ingot::os {

void lock_shared(const Fd& fd, const std::filesystem::path& path) {
    while (::flock(fd.get(), LOCK_SH) != 0) {
        if (errno != EINTR) {
            throw base::SystemError(errno, "locking " + path.string());
        }
    }
}

bool try_lock_exclusive(const Fd& fd, const std::filesystem::path& path) {
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
        return true;
    }
    if (errno != EWOULDBLOCK) {
        throw base::SystemError(errno, "locking " + path.string());
    }
    return false;
}

std::optional<FileLock> FileLock::try_acquire(const std::filesystem::path& path) {
    Fd fd = open_file(path, O_RDWR | O_CREAT, 0600);
    return try_lock_exclusive(fd, path) ? std::optional(FileLock(std::move(fd))) : std::nullopt;
}

FileLock FileLock::acquire(const std::filesystem::path& path,
                           const base::Cancellation& cancellation) {
    while (true) {
        if (auto lock = try_acquire(path)) {
            return std::move(*lock);
        }
        pause_for(std::chrono::milliseconds(50), cancellation);
    }
}

}  // namespace ingot::os
