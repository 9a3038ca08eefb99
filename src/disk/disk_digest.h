// SPDX-License-Identifier: Apache-2.0
// The name of a disk's content: a digest that depends on its bytes and its virtual size only, not
// on which of its zeros are holes. Defined in docs/formats/disk-digest.md. Where disks are kept is
// the artifact storage's business.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "base/digest.h"
#include "disk/chunks.h"
#include "os/files.h"

namespace ingot::disk {

struct DiskFacts {
    base::Sha256Digest digest;
    base::ByteCount virtual_size;
    base::ByteCount data_size;  // of the chunks that are not all zero

    auto operator<=>(const DiskFacts&) const = default;
};

[[nodiscard]] base::Sha256Digest digest_of(const ChunkList& disk);

[[nodiscard]] DiskFacts facts_of(const ChunkList& disk);

// Reads the data of a raw disk once, on all cores. Nobody may write the file meanwhile.
[[nodiscard]] DiskFacts measure_disk(const os::Path& raw, const base::Cancellation& cancellation);

}  // namespace ingot::disk
