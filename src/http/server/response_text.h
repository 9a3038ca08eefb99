// SPDX-License-Identifier: Apache-2.0
// The bytes of a response around its body: head, chunks, and the answers that the transport gives
// on its own. Pure but for the Date header.
#pragma once

#include "http/message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingot::http {

struct Framing {
    std::optional<std::uint64_t> content_length{};
    bool chunked = false;
    bool keep_alive = true;
    bool http_1_0 = false;  // the client's version
};

// Appends status line and headers. Throws Error{Internal} for a header that would break the
// message: CR, LF or NUL in it, an empty name.
void append_head(std::string& out, int status, const Headers& headers, const Framing& framing);

void append_chunk(std::string& out, std::string_view bytes);
constexpr std::string_view kLastChunk = "0\r\n\r\n";

// Whether a response of that status has no body, whatever the handler says.
[[nodiscard]] bool is_bodiless(int status);

// What the transport answers by itself: the status in words, as plain text.
[[nodiscard]] Response plain_response(int status);

}  // namespace ingot::http
