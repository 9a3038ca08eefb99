// SPDX-License-Identifier: Apache-2.0
// Unpacks one compressed file by the usual tools (gzip, xz, zstd), keeping runs of zeros as holes.
// Archives with many files are not its business.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "os/files.h"

#include <string_view>

namespace ingot::artifact {

enum class Compression { None, Gzip, Xz, Zstd };

// By the ending of a file name or URL path: .gz, .xz, .zst.
[[nodiscard]] Compression compression_of(std::string_view name);

// `to` must not exist. Throws Error{InvalidArgument, "ArtifactTooLarge"} past `limit` and
// Error{Corrupt, "ArtifactUnreadable"} if the tool refuses the file; a partial `to` is removed.
void decompress(const os::Path& from,
                Compression compression,
                const os::Path& to,
                base::ByteCount limit,
                const base::Cancellation& cancellation);

}  // namespace ingot::artifact
