// SPDX-License-Identifier: Apache-2.0
#include "disk/disk_digest.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace ingot::disk {
namespace {

// The definition is docs/formats/disk-digest.md; to change it is to rename every disk.
constexpr std::string_view kFormat = "ingot disk 1\n";

void add_number(base::Hasher& hasher, std::uint64_t number) {
    std::array<char, sizeof number> little_endian{};
    for (auto& byte : little_endian) {
        byte = static_cast<char>(number & 0xFFU);
        number >>= 8U;
    }
    hasher.update(std::string_view(little_endian.data(), little_endian.size()));
}

std::uint64_t length_of(const Chunk& chunk, base::ByteCount virtual_size) {
    const auto start = chunk.index * kChunkSize.bytes();
    return std::min(kChunkSize.bytes(), virtual_size.bytes() - start);
}

}  // namespace

base::Sha256Digest digest_of(const ChunkList& disk) {
    base::Hasher hasher;
    hasher.update(kFormat);
    add_number(hasher, disk.virtual_size.bytes());
    add_number(hasher, kChunkSize.bytes());
    for (const auto& chunk : disk.chunks) {
        add_number(hasher, chunk.index);
        hasher.update(std::as_bytes(std::span(chunk.digest.bytes())));
    }
    return hasher.finish();
}

DiskFacts measure_disk(const os::Path& raw, const base::Cancellation& cancellation) {
    const auto list = list_chunks(raw, cancellation);
    std::uint64_t data = 0;
    for (const auto& chunk : list.chunks) {
        data += length_of(chunk, list.virtual_size);
    }
    return {digest_of(list), list.virtual_size, base::ByteCount(data)};
}

}  // namespace ingot::disk
