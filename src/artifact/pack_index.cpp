// SPDX-License-Identifier: Apache-2.0
#include "artifact/pack_index.h"

#include "artifact/sealed_record.h"
#include "disk/chunks.h"

#include <algorithm>

namespace ingot::artifact {
namespace {

constexpr std::string_view kFirstLine = "ingot pack index 1\n";
constexpr std::size_t kEntry = base::Sha256Digest::kSize + 8 + 4;

}  // namespace

bool is_pack_name(std::string_view name) {
    return name.size() == kPackNameLength &&
           name.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

PackIndex::PackIndex(std::string name, std::vector<PackEntry> entries)
    : name_(std::move(name)), entries_(std::move(entries)) {
    std::sort(entries_.begin(), entries_.end());
}

PackIndex PackIndex::parse(std::string_view file, const std::string& name) {
    constexpr std::uint64_t kFarthest = std::uint64_t{1} << 62U;
    RecordReader reader(file, kFirstLine, name + ".index");
    PackIndex index;
    index.name_ = name;
    const auto count = reader.number64();
    reader.require_left(count, kEntry);
    for (std::uint64_t i = 0; i < count; ++i) {
        PackEntry entry;
        entry.digest = reader.digest();
        entry.offset = reader.number64();
        entry.length = reader.number32();
        reader.require(index.entries_.empty() || index.entries_.back().digest < entry.digest,
                       "its chunks are not in order");
        reader.require(entry.length > 0 && entry.length <= disk::kChunkSize.bytes() &&
                           entry.offset < kFarthest,
                       "a chunk lies where none can be");
        index.entries_.push_back(entry);
    }
    return index;
}

std::string PackIndex::write() const {
    RecordWriter file(kFirstLine);
    file.number64(entries_.size());
    for (const auto& entry : entries_) {
        file.digest(entry.digest);
        file.number64(entry.offset);
        file.number32(entry.length);
    }
    return file.finish();
}

const PackEntry* PackIndex::find(const base::Sha256Digest& digest) const {
    const auto found = std::lower_bound(
        entries_.begin(), entries_.end(), digest, [](const auto& entry, const auto& wanted) {
            return entry.digest < wanted;
        });
    return found != entries_.end() && found->digest == digest ? &*found : nullptr;
}

}  // namespace ingot::artifact
