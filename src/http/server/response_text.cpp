// SPDX-License-Identifier: Apache-2.0
#include "http/server/response_text.h"

#include "base/ascii.h"
#include "base/error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include <boost/beast/http/status.hpp>
#include <fmt/format.h>

namespace ingot::http {
namespace {

std::string_view reason_of(int status) {
    const auto reason = boost::beast::http::obsolete_reason(
        boost::beast::http::int_to_status(static_cast<unsigned>(status)));
    return {reason.data(), reason.size()};
}

// IMF-fixdate by hand: strftime's names follow the locale.
std::string date_text(std::time_t now) {
    constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array<const char*, 12> kMonths = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    return fmt::format("Date: {}, {:02} {} {} {:02}:{:02}:{:02} GMT\r\n",
                       kDays.at(static_cast<std::size_t>(utc.tm_wday)),
                       utc.tm_mday,
                       kMonths.at(static_cast<std::size_t>(utc.tm_mon)),
                       utc.tm_year + 1900,
                       utc.tm_hour,
                       utc.tm_min,
                       utc.tm_sec);
}

// Formatted once a second and thread: it would be the dearest part of a small response.
const std::string& date_header() {
    thread_local std::time_t at = 0;
    thread_local std::string text;
    const auto now = std::time(nullptr);
    if (now != at || text.empty()) {
        text = date_text(now);
        at = now;
    }
    return text;
}

template <typename Number>
void append_number(std::string& out, Number number, int base = 10) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
    out.append(digits.data(), end);
}

bool breaks_a_line(std::string_view text) {
    // Not find_first_of, which calls memchr for each character; this is done for every header.
    return std::ranges::any_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

// The framing is the server's to say, so a handler's word on it would only contradict.
bool is_framing(std::string_view name) {
    constexpr std::array<std::string_view, 4> kNames = {
        "content-length", "transfer-encoding", "connection", "date"};
    return std::ranges::any_of(
        kNames, [name](std::string_view own) { return base::equal_ignoring_case(name, own); });
}

void append_header(std::string& out, const Header& header) {
    if (header.name.empty() || breaks_a_line(header.name) || breaks_a_line(header.value)) {
        throw base::Error(base::ErrorKind::Internal,
                          "InvalidHeader",
                          "a response header would break the message",
                          header.name);
    }
    if (!is_framing(header.name)) {
        out.append(header.name).append(": ").append(header.value).append("\r\n");
    }
}

void append_framing(std::string& out, const Framing& framing) {
    if (framing.content_length) {
        out += "Content-Length: ";
        append_number(out, *framing.content_length);
        out += "\r\n";
    }
    if (framing.chunked) {
        out += "Transfer-Encoding: chunked\r\n";
    }
    if (!framing.keep_alive) {
        out += "Connection: close\r\n";
    } else if (framing.http_1_0) {
        out += "Connection: keep-alive\r\n";
    }
}

}  // namespace

void append_head(std::string& out, int status, const Headers& headers, const Framing& framing) {
    out += "HTTP/1.1 ";
    append_number(out, status);
    out.append(" ").append(reason_of(status)).append("\r\n");
    for (const auto& header : headers) {
        append_header(out, header);
    }
    out += date_header();
    append_framing(out, framing);
    out += "\r\n";
}

void append_chunk(std::string& out, std::string_view bytes) {
    append_number(out, bytes.size(), 16);
    out.append("\r\n").append(bytes).append("\r\n");
}

bool is_bodiless(int status) {
    return status < 200 || status == 204 || status == 304;
}

Response plain_response(int status) {
    return {.status = status,
            .headers = {{"Content-Type", "text/plain"}},
            .body = std::string(reason_of(status)) + "\n"};
}

}  // namespace ingot::http
