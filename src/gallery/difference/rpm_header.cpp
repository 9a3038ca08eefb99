// SPDX-License-Identifier: Apache-2.0
#include "gallery/difference/rpm_header.h"

#include "disk/byte_order.h"

#include <cstdint>
#include <span>
#include <string>

#include <fmt/format.h>

namespace ingot::gallery {
namespace {

// Two numbers (how many entries, how many bytes of data), the entries, the data. All numbers are
// big-endian; an entry is tag, type, offset into the data, count (rpm, docs/manual/format_header).
constexpr std::size_t kIntro = 8;
constexpr std::size_t kEntry = 16;

enum class Tag : std::uint32_t {
    Name = 1000,
    Version = 1001,
    Release = 1002,
    Epoch = 1003,
    Architecture = 1022
};

constexpr std::uint32_t kInt32 = 4;
constexpr std::uint32_t kString = 6;

struct Header {
    std::span<const std::byte> entries;
    std::string_view data;
};

std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t at) {
    return disk::read_big_endian<std::uint32_t>(bytes, at);
}

std::optional<Header> split(std::string_view blob) {
    const auto bytes = std::as_bytes(std::span(blob));
    if (bytes.size() < kIntro) {
        return std::nullopt;
    }
    const std::uint64_t entries = number_at(bytes, 0) * std::uint64_t{kEntry};
    const std::uint64_t data = number_at(bytes, 4);
    if (entries + data > bytes.size() - kIntro) {
        return std::nullopt;
    }
    return Header{bytes.subspan(kIntro, entries), blob.substr(kIntro + entries, data)};
}

// What the first entry of this tag and type points at, to the end of the data; empty if there is
// none.
std::string_view value_at(const Header& header, Tag tag, std::uint32_t type) {
    for (std::size_t at = 0; at < header.entries.size(); at += kEntry) {
        const auto offset = number_at(header.entries, at + 8);
        if (number_at(header.entries, at) == static_cast<std::uint32_t>(tag) &&
            number_at(header.entries, at + 4) == type && offset < header.data.size()) {
            return header.data.substr(offset);
        }
    }
    return {};
}

// Empty if it does not end inside the data.
std::string text_at(const Header& header, Tag tag) {
    const auto value = value_at(header, tag, kString);
    const auto end = value.find('\0');
    return end == std::string_view::npos ? std::string() : std::string(value.substr(0, end));
}

std::string epoch_prefix(const Header& header) {
    const auto value = value_at(header, Tag::Epoch, kInt32);
    return value.size() < 4 ? std::string()
                            : fmt::format("{}:", number_at(std::as_bytes(std::span(value)), 0));
}

}  // namespace

std::optional<Package> parse_rpm_header(std::string_view blob) {
    const auto header = split(blob);
    if (!header) {
        return std::nullopt;
    }
    Package package{.manager = "rpm",
                    .name = text_at(*header, Tag::Name),
                    .architecture = text_at(*header, Tag::Architecture),
                    .version = fmt::format("{}{}-{}",
                                           epoch_prefix(*header),
                                           text_at(*header, Tag::Version),
                                           text_at(*header, Tag::Release))};
    return package.name.empty() ? std::nullopt : std::optional(std::move(package));
}

}  // namespace ingot::gallery
