// SPDX-License-Identifier: Apache-2.0
// Files that stay for as long as somebody uses them, across processes: a user holds a shared lock
// on the file itself, and who wants to erase it takes the lock for himself or leaves the file
// alone. What the files are is for others.
#pragma once

#include "os/fd.h"
#include "os/files.h"

#include <functional>
#include <optional>
#include <utility>

namespace ingot::artifact {

class HeldFile {
  public:
    // Nothing if there is no such file.
    [[nodiscard]] static std::optional<HeldFile> try_hold(const os::Path& path);

    // Gives `making` the name `path` and holds it from before it has that name, so there is no
    // moment in which a sweep could take it. Durable on return. Nothing if the name is taken; then
    // `making` is still there.
    [[nodiscard]] static std::optional<HeldFile> publish(const os::Path& making,
                                                         const os::Path& path);

    // Erases the file unless it is held or `is_used` says so, which is asked while nobody can begin
    // to hold it. True if the file is gone; durable then.
    static bool erase_unused(const os::Path& path, const std::function<bool()>& is_used);

    [[nodiscard]] const os::Path& path() const { return path_; }

    // For reading.
    [[nodiscard]] int fd() const { return fd_.get(); }

  private:
    HeldFile(os::Path path, os::Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

    os::Path path_;
    os::Fd fd_;  // with the shared lock
};

// No error if it is not there.
void remove_file(const os::Path& path);

}  // namespace ingot::artifact
