// SPDX-License-Identifier: Apache-2.0
#include "disk/disk_digest.h"

#include <array>
#include <string_view>

namespace ingot::disk {
namespace {

// The definition is docs/formats/disk-digest.md; to change it is to rename every disk.
constexpr std::string_view kDigestFormat = "ingot disk 1\n";

void add_number(base::Hasher& hasher, std::uint64_t number) {
    std::array<char, sizeof number> little_endian{};
    for (auto& byte : little_endian) {
        byte = static_cast<char>(number & 0xFFU);
        number >>= 8U;
    }
    hasher.update(std::string_view(little_endian.data(), little_endian.size()));
}

}  // namespace

base::Sha256Digest digest_of(const ChunkList& disk) {
    base::Hasher hasher;
    hasher.update(kDigestFormat);
    add_number(hasher, disk.virtual_size.bytes());
    add_number(hasher, kChunkSize.bytes());
    for (const auto& chunk : disk.chunks) {
        add_number(hasher, chunk.index);
        hasher.update(std::as_bytes(std::span(chunk.digest.bytes())));
    }
    return hasher.finish();
}

DiskFacts facts_of(const ChunkList& disk) {
    std::uint64_t data = 0;
    for (const auto& chunk : disk.chunks) {
        data += length_of_chunk(chunk.index, disk.virtual_size);
    }
    return {digest_of(disk), disk.virtual_size, base::ByteCount(data)};
}

DiskFacts measure_disk(const os::Path& raw, const base::Cancellation& cancellation) {
    return facts_of(list_chunks(DiskView::of_raw(raw), cancellation));
}

}  // namespace ingot::disk
