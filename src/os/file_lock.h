// SPDX-License-Identifier: Apache-2.0
// An exclusive lock on a file, held as long as the object (or the process) lives: how a worker
// proves that it is alive, and how two processes agree on who makes a base image.
#pragma once

#include "base/cancellation.h"
#include "os/fd.h"

#include <filesystem>
#include <optional>

namespace ingot::os {

// flock(2) on an open file: held until every copy of the descriptor is closed. The first waits for
// an exclusive holder and cannot be cancelled: holders must be quick. The second does not wait and
// returns false if anybody holds the file.
void lock_shared(const Fd& fd, const std::filesystem::path& path);
[[nodiscard]] bool try_lock_exclusive(const Fd& fd, const std::filesystem::path& path);

class FileLock {
  public:
    // Nothing if somebody else holds it. Creates the file.
    [[nodiscard]] static std::optional<FileLock> try_acquire(const std::filesystem::path& path);

    // Waits for it. flock(2) gives no descriptor to poll, so this tries every 50 ms.
    [[nodiscard]] static FileLock acquire(const std::filesystem::path& path,
                                          const base::Cancellation& cancellation);

    // For a child that is to hold the lock as well: it is held until every copy is closed.
    [[nodiscard]] int fd() const { return fd_.get(); }

  private:
    explicit FileLock(Fd fd) : fd_(std::move(fd)) {}

    Fd fd_;
};

}  // namespace ingot::os
