// SPDX-License-Identifier: Apache-2.0
#include "os/file_lock.h"

#include "base/error.h"
#include "os/wait.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>

namespace ingot::os {

std::optional<FileLock> FileLock::try_acquire(const std::filesystem::path& path) {
    Fd fd = open_file(path, O_RDWR | O_CREAT, 0600);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) {
        return FileLock(std::move(fd));
    }
    if (errno != EWOULDBLOCK) {
        throw base::SystemError(errno, "locking " + path.string());
    }
    return std::nullopt;
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
