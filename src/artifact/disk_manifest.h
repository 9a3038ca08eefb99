// SPDX-License-Identifier: Apache-2.0
// A stored disk's list: its size, its chunks, and in which pack each was when the disk was stored.
// docs/formats/chunk-store.md describes the file. Where the file lies, and whether the packs are
// there, is chunk_store.h's business.
#pragma once

#include "base/digest.h"
#include "disk/chunks.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::artifact {

struct DiskManifest {
    disk::ChunkList list;
    std::vector<std::string> packs{};      // names, 36 characters each
    std::vector<std::uint32_t> pack_of{};  // of each chunk, an index of `packs`
};

// A list alone, for a disk that is in no pack: how the cache of base disks keeps theirs.
[[nodiscard]] std::string write_chunk_list(const disk::ChunkList& list);
[[nodiscard]] disk::ChunkList parse_chunk_list(std::string_view file, const std::string& name);

[[nodiscard]] std::string write_manifest(const DiskManifest& manifest);

// `name` is for messages. Throws Error{Corrupt, "StoreCorrupt"}. Chunks rise and lie within the
// disk; every pack number has a name.
[[nodiscard]] DiskManifest parse_manifest(std::string_view file, const std::string& name);

}  // namespace ingot::artifact
