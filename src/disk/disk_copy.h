// SPDX-License-Identifier: Apache-2.0
// A disk becomes one sparse raw file: blocks are shared (reflink) where the file system can, copied
// inside the kernel where not, holes stay holes. Whether the copy has a footer or a name is for
// others (disk/vhd.h, artifact/). Both functions block and use all cores; `to` must not exist;
// nothing is durable until os::sync_file. A cancel leaves a partial file, which the caller's
// scratch removes.
#pragma once

#include "base/cancellation.h"
#include "base/error.h"
#include "disk/chunks.h"
#include "disk/disk_view.h"
#include "os/files.h"

#include <string_view>

namespace ingot::disk {

void copy_to_raw(const DiskView& disk, const os::Path& to, const base::Cancellation& cancellation);

// The same, and each chunk is what `chunks` says, or Error{Corrupt, "ChunkCorrupt"} leaves here and
// names it. Costs the hashing of all data.
void copy_checked(const DiskView& disk,
                  const ChunkList& chunks,
                  const os::Path& to,
                  const base::Cancellation& cancellation);

// Names the chunk; what it is a chunk of is the caller's to add (base::with_context).
[[nodiscard]] base::Error corrupt_chunk(const Chunk& chunk, std::string_view what_is_wrong);

}  // namespace ingot::disk
