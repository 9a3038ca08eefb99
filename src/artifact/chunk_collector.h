// SPDX-License-Identifier: Apache-2.0
// Gives back the space of chunks that no stored disk lists. Packs of which nothing is needed go,
// holes are punched into the others. Each step leaves a store in which every listed disk is whole,
// so a kill or a power cut at any moment loses nothing. Which disks stay is decided before, by
// their manifests being there.
#pragma once

#include "artifact/chunk_store.h"
#include "base/byte_count.h"

#include <string>
#include <vector>

namespace ingot::artifact {

struct Collected {
    // False if somebody is storing a disk just now, or damage makes it unsafe to delete: nothing
    // was deleted then, and the next collection tries again.
    bool done = false;
    base::ByteCount freed;
    std::vector<std::string> problems{};
};

// Does not wait for others; those who begin to store a disk meanwhile wait for this.
Collected collect_chunks(const ChunkStore& store);

}  // namespace ingot::artifact
