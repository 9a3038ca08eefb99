// SPDX-License-Identifier: Apache-2.0
// Which chunks a pack holds, and where in its data file: sorted by digest, searched in memory.
// docs/formats/chunk-store.md describes the file. The data file is packs.h's business.
#pragma once

#include "base/digest.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::artifact {

// A UUID as text.
constexpr std::size_t kPackNameLength = 36;

[[nodiscard]] bool is_pack_name(std::string_view name);

struct PackEntry {
    base::Sha256Digest digest;
    std::uint64_t offset = 0;
    std::uint32_t length = 0;  // a chunk's at most

    auto operator<=>(const PackEntry&) const = default;
};

class PackIndex {
  public:
    PackIndex() = default;

    // Entries in any order, each digest once.
    PackIndex(std::string name, std::vector<PackEntry> entries);

    // Throws Error{Corrupt, "StoreCorrupt"}.
    [[nodiscard]] static PackIndex parse(std::string_view file, const std::string& name);
    [[nodiscard]] std::string write() const;

    [[nodiscard]] const std::string& name() const { return name_; }

    // Rising by digest.
    [[nodiscard]] const std::vector<PackEntry>& entries() const { return entries_; }

    // Null if the pack does not hold it.
    [[nodiscard]] const PackEntry* find(const base::Sha256Digest& digest) const;

  private:
    std::string name_;
    std::vector<PackEntry> entries_;
};

}  // namespace ingot::artifact
