// SPDX-License-Identifier: Apache-2.0
// What kind of file system, or other content, begins at a place of a raw disk, by its mark: for
// messages about what is not read. Reading any of them is not done here.
#pragma once

#include "disk/chunks.h"
#include "os/files.h"

#include <string>

namespace ingot::disk {

// "XFS", "FAT", "no known file system".
[[nodiscard]] std::string file_system_kind(const os::Path& raw, const Extent& place);

}  // namespace ingot::disk
