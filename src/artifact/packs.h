// SPDX-License-Identifier: Apache-2.0
// The folder of packs: each an immutable data file and the index that says which chunks are in it.
// A pack is there when its index is. Which chunks are needed, and who may delete when, is
// chunk_store.h's and chunk_collector.h's business: callers hold the store's lock as those say.
#pragma once

#include "artifact/pack_index.h"
#include "base/digest.h"
#include "os/fd.h"
#include "os/files.h"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace ingot::artifact {

class Packs {
  public:
    explicit Packs(os::Path folder) : folder_(std::move(folder)) {}

    [[nodiscard]] const os::Path& folder() const { return folder_; }

    [[nodiscard]] os::Path data_file(const std::string& name) const;
    [[nodiscard]] os::Path index_file(const std::string& name) const;

    // Of those that have an index, in no order.
    [[nodiscard]] std::vector<std::string> names() const;

    // Throws Error{Corrupt, "StoreCorrupt"}, also if there is no such pack.
    [[nodiscard]] PackIndex load(const std::string& name) const;
    // Without the chunks that a data file cut short has lost. Throws as well if there is none.
    [[nodiscard]] PackIndex load_whole(const std::string& name) const;
    // Durable on return; replaces.
    void save(const PackIndex& index) const;

  private:
    os::Path folder_;
};

// Where a chunk is.
struct PackedChunk {
    std::size_t pack = 0;
    PackEntry entry;
};

// Indexes of many packs at once, in memory. Several threads may search.
class PackCatalog {
  public:
    // All packs whose index can be read; what cannot be read does not hinder others from storing.
    [[nodiscard]] static PackCatalog load(const Packs& packs);

    [[nodiscard]] const std::vector<PackIndex>& packs() const { return packs_; }

    void add(PackIndex index) { packs_.push_back(std::move(index)); }

    // `likely` is the pack to look into first; chunks that follow each other tend to be together.
    [[nodiscard]] std::optional<PackedChunk> find(const base::Sha256Digest& digest,
                                                  std::size_t likely = 0) const;

  private:
    std::vector<PackIndex> packs_;
};

// A pack in the making: nothing of it is there for others before finish().
class PackWriter {
  public:
    explicit PackWriter(const Packs& packs);
    ~PackWriter();
    PackWriter(const PackWriter&) = delete;
    PackWriter& operator=(const PackWriter&) = delete;

    // Once for each digest, whatever how often it comes. Any thread.
    void add(const base::Sha256Digest& digest, std::span<const std::byte> chunk);

    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

    // Nothing if there is nothing in it. Durable on return.
    [[nodiscard]] std::optional<PackIndex> finish();

  private:
    const Packs& packs_;
    std::string name_;
    std::mutex mutex_;
    os::Path making_;
    os::Fd fd_;
    std::map<base::Sha256Digest, PackEntry> entries_;
    std::uint64_t bytes_ = 0;
};

// What lies in packs/ and is no pack yet, or no more.
[[nodiscard]] bool is_unfinished(std::string_view file_name);

}  // namespace ingot::artifact
