// SPDX-License-Identifier: Apache-2.0
// All files of an ext2/3/4 file system inside a raw disk, read by libext2fs in this process:
// nothing is mounted, no privilege is needed, nothing is written. The file system is hostile input:
// places and lengths are checked, no folder is entered twice, no block is counted twice, and memory
// has a limit, so that a damaged one is an Error. For single files under a time limit, and where
// whatever is wrong means "not there", see ext_file_system.h.
#pragma once

#include "base/cancellation.h"
#include "disk/chunks.h"
#include "disk/file_tree.h"
#include "os/files.h"

#include <optional>

namespace ingot::disk {

// Nothing if no ext file system starts at `place`. Blocks for milliseconds per thousand files;
// asks for a cancel per file. Throws Error{Corrupt, FileSystemDamaged}, and Error{Unsupported}
// with FileSystemNotClean where a journal must be replayed first (its files may be old ones), or
// TooManyFiles.
[[nodiscard]] std::optional<FileTree> read_ext_tree(const os::Path& raw,
                                                    const Extent& place,
                                                    const base::Cancellation& cancellation);

}  // namespace ingot::disk
