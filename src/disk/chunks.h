// SPDX-License-Identifier: Apache-2.0
// A disk as a list of fixed-size chunks, of which those that are all zero do not exist: holes are
// never read, and zeros that somebody wrote count as a hole. What lies unchanged in a base whose
// chunks are known is not read either. Reading is spread over all cores. What the list is worth (a
// digest, a chunk store) is for others.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "base/digest.h"
#include "disk/disk_view.h"

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

// What of a disk must be read to list its chunks, and what is known without.
struct ReadingPlan {
    std::vector<Extent> ranges{};  // rising; each begins at a chunk and is read in one piece
    std::vector<Chunk> known{};    // rising
};

// `base` are the chunks of what the view calls its base (DiskView::from_base), or null. Those that
// `is_wanted` refuses are planned to be read all the same.
[[nodiscard]] ReadingPlan plan_reading(const DiskView& disk,
                                       const ChunkList* base,
                                       const std::function<bool(const Chunk&)>& is_wanted);

// Sees one chunk that is not all zero; the last chunk of a disk may be short. Called from several
// threads at once and in no order; what it throws ends the walk and leaves the function.
using ChunkVisitor = std::function<void(const Chunk& chunk, std::span<const std::byte> bytes)>;

// The disk's chunks: those the plan knows and those it reads, which `visit` sees (it may be empty).
// Blocks; nobody may write the disk meanwhile. Throws Cancelled within the work on 1 MiB.
[[nodiscard]] ChunkList list_chunks(const DiskView& disk,
                                    const ReadingPlan& plan,
                                    const ChunkVisitor& visit,
                                    const base::Cancellation& cancellation);

// Knowing nothing, reading everything that is no hole.
[[nodiscard]] ChunkList list_chunks(const DiskView& disk, const base::Cancellation& cancellation);

[[nodiscard]] base::Sha256Digest digest_of_chunk(std::span<const std::byte> bytes);

// How many bytes a chunk of the disk has: kChunkSize for all but perhaps the last.
[[nodiscard]] std::uint64_t length_of_chunk(std::uint64_t index, base::ByteCount virtual_size);

}  // namespace ingot::disk
