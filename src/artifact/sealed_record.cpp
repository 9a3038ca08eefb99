// SPDX-License-Identifier: Apache-2.0
#include "artifact/sealed_record.h"

#include "base/error.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace ingot::artifact {
namespace {

constexpr std::size_t kDigest = base::Sha256Digest::kSize;

std::string_view bytes_of(const base::Sha256Digest& digest) {
    return {reinterpret_cast<const char*>(digest.bytes().data()), kDigest};
}

}  // namespace

void RecordWriter::digest(const base::Sha256Digest& digest) {
    text(bytes_of(digest));
}

std::string RecordWriter::finish() {
    digest(base::sha256(bytes_));
    return std::move(bytes_);
}

void RecordWriter::add(std::uint64_t number, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        bytes_ += static_cast<char>(number & 0xFFU);
        number >>= 8U;
    }
}

RecordReader::RecordReader(std::string_view file, std::string_view first_line, std::string name)
    : left_(file), name_(std::move(name)) {
    require(file.size() >= first_line.size() + kDigest && file.starts_with(first_line),
            "it does not begin and end as such a file does");
    left_ = file.substr(0, file.size() - kDigest);
    require(bytes_of(base::sha256(left_)) == file.substr(left_.size()),
            "its contents are not those that were written");
    left_.remove_prefix(first_line.size());
}

std::string_view RecordReader::text(std::size_t size) {
    require(size <= left_.size(), "it is too short");
    const auto taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
}

base::Sha256Digest RecordReader::digest() {
    const auto taken = text(kDigest);
    std::array<std::uint8_t, kDigest> bytes{};
    std::copy(taken.begin(), taken.end(), bytes.begin());
    return base::Sha256Digest(bytes);
}

void RecordReader::require_left(std::uint64_t count, std::size_t record_size) const {
    require(left_.size() % record_size == 0 && left_.size() / record_size == count,
            "it does not have as many entries as it says");
}

void RecordReader::fail(std::string_view why) const {
    throw base::Error(
        base::ErrorKind::Corrupt,
        "StoreCorrupt",
        fmt::format("the chunk store's file {} is damaged: {}; `ingot cache verify` says "
                    "what can be repaired",
                    name_,
                    why),
        name_);
}

std::uint64_t RecordReader::take_number(std::size_t size) {
    const auto taken = text(size);
    std::uint64_t number = 0;
    for (auto byte = taken.rbegin(); byte != taken.rend(); ++byte) {
        number = number << 8U | static_cast<std::uint8_t>(*byte);
    }
    return number;
}

}  // namespace ingot::artifact
