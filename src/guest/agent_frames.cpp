// SPDX-License-Identifier: Apache-2.0
#include "guest/agent_frames.h"

namespace ingot::guest::agent {
namespace {

void append_number(std::string& bytes, std::uint64_t number, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        bytes += static_cast<char>(static_cast<unsigned char>(number >> (8 * i)));
    }
}

std::uint64_t number_in(std::string_view bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
        number = number << 8U | static_cast<unsigned char>(bytes[i - 1]);
    }
    return number;
}

std::size_t payload_size(std::string_view header) {
    return number_in({header.data(), 4});
}

}  // namespace

std::string encode(Frame type, std::string_view payload) {
    std::string bytes;
    bytes.reserve(kHeaderSize + payload.size());
    append_number(bytes, payload.size(), 4);
    bytes += static_cast<char>(type);
    return bytes += payload;
}

std::optional<ReceivedFrame> FrameReader::next() {
    const auto rest = std::string_view(bytes_).substr(taken_);
    if (rest.size() < kHeaderSize || broken() || rest.size() - kHeaderSize < payload_size(rest)) {
        bytes_.erase(0, taken_);
        taken_ = 0;
        return std::nullopt;
    }
    const auto size = payload_size(rest);
    taken_ += kHeaderSize + size;
    return ReceivedFrame{static_cast<Frame>(rest[4]), std::string(rest.substr(kHeaderSize, size))};
}

bool FrameReader::broken() const {
    const auto rest = std::string_view(bytes_).substr(taken_);
    return rest.size() >= kHeaderSize && payload_size(rest) > kLargestPayload;
}

void FrameReader::forget() {
    bytes_.clear();
    taken_ = 0;
}

PayloadWriter& PayloadWriter::u32(std::uint32_t number) {
    append_number(bytes_, number, 4);
    return *this;
}

PayloadWriter& PayloadWriter::i64(std::int64_t number) {
    append_number(bytes_, static_cast<std::uint64_t>(number), 8);
    return *this;
}

PayloadWriter& PayloadWriter::text(std::string_view text) {
    append_number(bytes_, text.size(), 4);
    bytes_ += text;
    return *this;
}

std::optional<std::uint64_t> PayloadReader::number(std::size_t size) {
    if (rest_.size() < size) {
        return std::nullopt;
    }
    const auto bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return number_in(bytes);
}

std::optional<std::uint32_t> PayloadReader::u32() {
    const auto found = number(4);
    return found ? std::optional(static_cast<std::uint32_t>(*found)) : std::nullopt;
}

std::optional<std::int64_t> PayloadReader::i64() {
    const auto found = number(8);
    return found ? std::optional(static_cast<std::int64_t>(*found)) : std::nullopt;
}

std::optional<std::string_view> PayloadReader::text() {
    const auto size = u32();
    if (!size || rest_.size() < *size) {
        return std::nullopt;
    }
    const auto found = rest_.substr(0, *size);
    rest_.remove_prefix(*size);
    return found;
}

}  // namespace ingot::guest::agent
