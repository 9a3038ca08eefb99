// SPDX-License-Identifier: Apache-2.0
// Reads single files and folders of an ext2/3/4 file system inside a raw disk, by debugfs: nothing
// is mounted, no privilege is needed, nothing is written. The file system is hostile input: debugfs
// runs with limits on time, memory and what it may write, and whatever fails in it reads as "not
// there".
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "os/fd.h"
#include "os/files.h"

#include <optional>
#include <string>
#include <vector>

namespace ingot::disk {

class ExtFileSystem {
  public:
    // Nothing if no clean ext file system starts at `start`: one whose journal must be replayed
    // first may show old contents.
    [[nodiscard]] static std::optional<ExtFileSystem> find(const os::Path& raw,
                                                           base::ByteCount start);

    // In the usual form: 8-4-4-4-12 lower-case digits.
    [[nodiscard]] const std::string& uuid() const { return uuid_; }

    // The names in a folder, symbolic links to folders on the way followed; empty if it is not
    // there.
    [[nodiscard]] std::vector<std::string> names_in(const std::string& folder,
                                                    const base::Cancellation& cancellation) const;

    // Copies a file; false if it is not there, is empty or is larger than any kernel or initrd.
    // `path` must be free of blanks and quotes.
    [[nodiscard]] bool copy_file(const std::string& path,
                                 const os::Path& to,
                                 const base::Cancellation& cancellation) const;

  private:
    ExtFileSystem(os::Fd raw, base::ByteCount start, std::string uuid);
    [[nodiscard]] std::string debugfs(const std::string& request,
                                      const os::Path& working_folder,
                                      const base::Cancellation& cancellation) const;

    os::Fd raw_;
    base::ByteCount start_;
    std::string uuid_;
};

}  // namespace ingot::disk
