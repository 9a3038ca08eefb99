// SPDX-License-Identifier: Apache-2.0
#include "artifact/disk_manifest.h"

#include "artifact/pack_index.h"
#include "artifact/sealed_record.h"

namespace ingot::artifact {
namespace {

constexpr std::string_view kManifest = "ingot disk manifest 1\n";
constexpr std::string_view kChunkList = "ingot chunk list 1\n";
constexpr std::size_t kChunkEntry = 8 + base::Sha256Digest::kSize;
constexpr std::size_t kManifestEntry = kChunkEntry + 4;

void write_head(RecordWriter& file, const disk::ChunkList& list) {
    file.number64(list.virtual_size.bytes());
    file.number64(disk::kChunkSize.bytes());
    file.number64(list.chunks.size());
}

// Returns how many chunks follow.
std::uint64_t read_head(RecordReader& reader, disk::ChunkList& list) {
    list.virtual_size = base::ByteCount(reader.number64());
    reader.require(reader.number64() == disk::kChunkSize.bytes(), "its chunks have another size");
    return reader.number64();
}

void read_chunk(RecordReader& reader, disk::ChunkList& list) {
    const auto size = list.virtual_size.bytes();
    const auto chunk_size = disk::kChunkSize.bytes();
    const auto most = size / chunk_size + (size % chunk_size == 0 ? 0 : 1);
    const auto index = reader.number64();
    const bool rises = list.chunks.empty() || list.chunks.back().index < index;
    reader.require(rises && index < most, "its chunks are not in order");
    list.chunks.push_back({index, reader.digest()});
}

}  // namespace

std::string write_chunk_list(const disk::ChunkList& list) {
    RecordWriter file(kChunkList);
    write_head(file, list);
    for (const auto& chunk : list.chunks) {
        file.number64(chunk.index);
        file.digest(chunk.digest);
    }
    return file.finish();
}

disk::ChunkList parse_chunk_list(std::string_view file, const std::string& name) {
    RecordReader reader(file, kChunkList, name);
    disk::ChunkList list;
    const auto chunks = read_head(reader, list);
    reader.require_left(chunks, kChunkEntry);
    for (std::uint64_t i = 0; i < chunks; ++i) {
        read_chunk(reader, list);
    }
    return list;
}

std::string write_manifest(const DiskManifest& manifest) {
    RecordWriter file(kManifest);
    write_head(file, manifest.list);
    file.number32(static_cast<std::uint32_t>(manifest.packs.size()));
    for (const auto& pack : manifest.packs) {
        file.text(pack);
    }
    for (std::size_t i = 0; i < manifest.list.chunks.size(); ++i) {
        file.number64(manifest.list.chunks[i].index);
        file.digest(manifest.list.chunks[i].digest);
        file.number32(manifest.pack_of[i]);
    }
    return file.finish();
}

DiskManifest parse_manifest(std::string_view file, const std::string& name) {
    RecordReader reader(file, kManifest, name);
    DiskManifest manifest;
    const auto chunks = read_head(reader, manifest.list);
    const auto packs = reader.number32();
    for (std::uint32_t i = 0; i < packs; ++i) {
        manifest.packs.emplace_back(reader.text(kPackNameLength));
        reader.require(is_pack_name(manifest.packs.back()), "it names an impossible pack");
    }
    reader.require_left(chunks, kManifestEntry);
    for (std::uint64_t i = 0; i < chunks; ++i) {
        read_chunk(reader, manifest.list);
        manifest.pack_of.push_back(reader.number32());
        reader.require(manifest.pack_of.back() < packs, "a chunk is in a pack without a name");
    }
    return manifest;
}

}  // namespace ingot::artifact
