// SPDX-License-Identifier: Apache-2.0
// What Ingot needs to know of a response before its body, and the reading of it line by line as it
// comes over the wire. Pure; connections are client.h's job.
#pragma once

#include "base/byte_count.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingot::http {

struct ResponseHead {
    int status = 0;                                   // 200, or 206 for a partial answer
    base::ByteCount first_byte{};                     // where the body starts in the resource
    std::optional<base::ByteCount> content_length{};  // of the body
    std::string etag{};                               // as sent; empty if none
    bool accepts_ranges = false;
};

// Without the blanks and the line end around it.
[[nodiscard]] std::string_view trimmed(std::string_view text);

// Takes one line of a head, with or without its line end. A status line starts a new head, since
// one transfer may bring several: interim answers, redirects, the final one.
void read_head_line(std::string_view line, ResponseHead& head);

}  // namespace ingot::http
