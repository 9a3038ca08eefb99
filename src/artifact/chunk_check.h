// SPDX-License-Identifier: Apache-2.0
// Reads back what the chunk store holds and compares it with its digests; what is damaged is
// written anew where another copy of it is found: in another pack, or in a raw file or VHD of a
// disk that lists it. Which such files there are is the caller's knowledge.
#pragma once

#include "artifact/chunk_store.h"
#include "base/byte_count.h"
#include "base/cancellation.h"
#include "base/digest.h"
#include "os/files.h"

#include <cstdint>
#include <string>
#include <vector>

namespace ingot::artifact {

// A file that begins with the disk's bytes, each at its place: raw, or a fixed VHD.
struct DiskCopy {
    base::Sha256Digest disk;
    os::Path path;
};

struct DamagedChunk {
    base::Sha256Digest disk;
    disk::Chunk chunk;
};

struct CheckResult {
    std::uint64_t chunks = 0;  // that were read
    std::uint64_t repaired = 0;
    // What no copy was found of. A chunk that several disks list is here several times.
    std::vector<DamagedChunk> damaged{};
    // Files that could not be read, one sentence each, whether they could be repaired or not.
    std::vector<std::string> problems{};
};

// Reads all packs, on all cores. Copies are believed only as far as digests prove them. Repairs are
// durable on return. Disks may be stored and read meanwhile; a cancel leaves a correct store.
[[nodiscard]] CheckResult check_chunks(const ChunkStore& store,
                                       const std::vector<DiskCopy>& copies,
                                       const base::Cancellation& cancellation);

}  // namespace ingot::artifact
