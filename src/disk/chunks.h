// SPDX-License-Identifier: Apache-2.0
// A raw disk as a list of fixed-size chunks, of which those that are all zero do not exist: holes
// are never read, and zeros that somebody wrote count as a hole. Reading is spread over all cores.
// What the list is worth (a digest, a chunk store) is for others.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "base/digest.h"
#include "os/files.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace ingot::disk {

// One cluster of our qcow2 overlays, so that what an overlay allocated is a whole number of chunks.
constexpr base::ByteCount kChunkSize = base::ByteCount::kib(64);

struct Chunk {
    std::uint64_t index = 0;  // starts at index * kChunkSize
    base::Sha256Digest digest;

    auto operator<=>(const Chunk&) const = default;
};

struct ChunkList {
    base::ByteCount virtual_size;
    std::vector<Chunk> chunks{};  // rising by index, none of them all zero
};

struct Extent {
    std::uint64_t start = 0;
    std::uint64_t end = 0;

    auto operator<=>(const Extent&) const = default;
};

// The extents of the file that are not holes, rising, as the file system tells (SEEK_DATA). They
// may hold zeros.
[[nodiscard]] std::vector<Extent> data_extents(int fd, base::ByteCount size);

// Sees one chunk that is not all zero; the last chunk of a disk may be short. Called from several
// threads at once and in no order; what it throws ends the walk and leaves for_each_chunk.
using ChunkVisitor = std::function<void(std::uint64_t index, std::span<const std::byte> bytes)>;

// Blocks until all chunks were seen. Throws Cancelled within one chunk's work.
void for_each_chunk(const os::Path& raw,
                    const ChunkVisitor& visit,
                    const base::Cancellation& cancellation);

// Nobody may write the file meanwhile.
[[nodiscard]] ChunkList list_chunks(const os::Path& raw, const base::Cancellation& cancellation);

}  // namespace ingot::disk
