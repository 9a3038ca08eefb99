// SPDX-License-Identifier: Apache-2.0
#include "http/response_head.h"

#include "base/ascii.h"

#include <algorithm>
#include <charconv>

namespace ingot::http {
namespace {

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
    Number number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

std::optional<base::ByteCount> byte_count_in(std::string_view text) {
    const auto number = number_in<std::uint64_t>(text);
    return number ? std::optional(base::ByteCount(*number)) : std::nullopt;
}

void read_field(std::string_view name, std::string_view value, ResponseHead& head) {
    constexpr std::string_view kBytes = "bytes ";
    if (base::equal_ignoring_case(name, "etag")) {
        head.etag = value;
    } else if (base::equal_ignoring_case(name, "content-length")) {
        head.content_length = byte_count_in(value);
    } else if (base::equal_ignoring_case(name, "accept-ranges")) {
        head.accepts_ranges = base::equal_ignoring_case(value, "bytes");
    } else if (base::equal_ignoring_case(name, "content-range") && value.starts_with(kBytes)) {
        head.first_byte = byte_count_in(value.substr(kBytes.size())).value_or(base::ByteCount());
    }
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const auto start = text.find_first_not_of(kBlank);
    if (start == std::string_view::npos) {
        return {};
    }
    return text.substr(start, text.find_last_not_of(kBlank) - start + 1);
}

void read_head_line(std::string_view line, ResponseHead& head) {
    line = trimmed(line);
    if (line.starts_with("HTTP/")) {
        head = {};
        const auto space = std::min(line.find(' '), line.size());
        head.status = number_in<int>(trimmed(line.substr(space))).value_or(0);
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
        read_field(line.substr(0, colon), trimmed(line.substr(colon + 1)), head);
    }
}

}  // namespace ingot::http
