// SPDX-License-Identifier: Apache-2.0
#include "http/server/request_parser.h"

#include "base/ascii.h"

#include <algorithm>
#include <optional>
#include <string>

#include <boost/beast/http/basic_parser.hpp>

namespace ingot::http {
namespace {

namespace beast = boost::beast;
using ParserError = beast::http::error;
using beast::error_code;

// A promised length reserves no more than this: it is only a promise.
constexpr std::uint64_t kReservedBody = std::uint64_t{64} << 10U;

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

int status_of(const error_code& error) {
    if (error == ParserError::header_limit) {
        return 431;
    }
    if (error == ParserError::body_limit) {
        return 413;
    }
    return error == ParserError::bad_version ? 505 : 400;
}

bool starts_with_scheme(std::string_view target) {
    const auto starts = [&](std::string_view scheme) {
        return base::equal_ignoring_case(target.substr(0, scheme.size()), scheme);
    };
    return starts("http://") || starts("https://");
}

// The part of a target from its path on; empty if there is no such part to be found.
std::optional<std::string_view> path_and_query(std::string_view target, std::string_view method) {
    if (target.starts_with('/') || (target == "*" && method == "OPTIONS")) {
        return target;
    }
    if (!starts_with_scheme(target)) {
        return std::nullopt;
    }
    target.remove_prefix(target.find("//") + 2);
    const auto path = target.find_first_of("/?");
    return path == std::string_view::npos ? std::string_view() : target.substr(path);
}

bool split_target(Request& request) {
    auto rest = path_and_query(request.target, request.method);
    if (!rest) {
        return false;
    }
    // A fragment never belongs into a request, and nobody agrees on what to do with one.
    if (rest->find('#') != std::string_view::npos) {
        return false;
    }
    const auto question = rest->find('?');
    if (question != std::string_view::npos) {
        request.query = rest->substr(question + 1);
    }
    request.path = rest->substr(0, question);
    if (request.path.empty()) {
        request.path = "/";
    }
    return true;
}

// Fills a Request. The framing is the base class's; this class adds the limits and the strictness
// that keep two parties from seeing different requests in the same bytes.
class BeastParser : public beast::http::basic_parser<true> {
  public:
    explicit BeastParser(const RequestParser::Limits& limits) : head_left_(limits.head) {
        eager(true);
        header_limit(limits.head);
        body_limit(limits.body);
    }

    Request request{};

    [[nodiscard]] bool expects_continue() const { return expects_continue_ && !got_body_; }

    [[nodiscard]] bool is_http_1_0() const { return version_ == 10; }

  private:
    // The base class limits what it has to look at at once, which is no limit on the sum.
    bool count_head_bytes(std::size_t bytes, error_code& error) {
        if (bytes > head_left_) {
            error = ParserError::header_limit;
            return false;
        }
        head_left_ -= bytes;
        return true;
    }

    void on_request_impl(beast::http::verb /*verb*/,
                         beast::string_view method,
                         beast::string_view target,
                         int version,
                         error_code& error) override {
        constexpr std::size_t kRestOfLine = std::string_view("  HTTP/1.1\r\n").size();
        if (count_head_bytes(method.size() + target.size() + kRestOfLine, error)) {
            version_ = version;
            request.method = view(method);
            request.target = view(target);
        }
    }

    void on_field_impl(beast::http::field field,
                       beast::string_view name,
                       beast::string_view value,
                       error_code& error) override {
        constexpr std::size_t kRestOfLine = std::string_view(": \r\n").size();
        if (!count_head_bytes(name.size() + value.size() + kRestOfLine, error) || head_done_) {
            return;  // what comes behind a chunked body is no header that a handler may trust
        }
        // Only "chunked" alone ends where both sides agree that it does.
        if (field == beast::http::field::transfer_encoding &&
            (version_ == 10 || !base::equal_ignoring_case(view(value), "chunked"))) {
            error = ParserError::bad_transfer_encoding;
        } else if (field == beast::http::field::host) {
            ++hosts_;
        } else if (field == beast::http::field::expect) {
            expects_continue_ =
                version_ > 10 && base::equal_ignoring_case(view(value), "100-continue");
        }
        request.headers.add(std::string(view(name)), std::string(view(value)));
    }

    void on_header_impl(error_code& error) override {
        head_done_ = true;
        // RFC 9112, 3.2: exactly one Host.
        if (hosts_ > 1 || (hosts_ == 0 && version_ > 10) || !split_target(request)) {
            error = ParserError::bad_target;
        }
    }

    void on_body_init_impl(const boost::optional<std::uint64_t>& length,
                           error_code& /*error*/) override {
        request.body.reserve(std::min(length.value_or(0), kReservedBody));
    }

    std::size_t on_body_impl(beast::string_view bytes, error_code& /*error*/) override {
        got_body_ = true;
        request.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }

    void on_chunk_header_impl(std::uint64_t /*size*/,
                              beast::string_view /*extensions*/,
                              error_code& /*error*/) override {
        got_body_ = true;
    }

    std::size_t on_chunk_body_impl(std::uint64_t /*remain*/,
                                   beast::string_view bytes,
                                   error_code& error) override {
        return on_body_impl(bytes, error);
    }

    void on_finish_impl(error_code& /*error*/) override {}

    void on_response_impl(int /*status*/,
                          beast::string_view /*reason*/,
                          int /*version*/,
                          error_code& /*error*/) override {}

    std::size_t head_left_;
    int version_ = 11;
    int hosts_ = 0;
    bool head_done_ = false;
    bool expects_continue_ = false;
    bool got_body_ = false;
};

}  // namespace

class RequestParser::Message : public std::optional<BeastParser> {};

RequestParser::RequestParser(Limits limits)
    : limits_(limits), message_(std::make_unique<Message>()) {
    message_->emplace(limits_);
}

RequestParser::~RequestParser() = default;

void RequestParser::refuse(int status) {
    state_ = State::Refused;
    refusal_ = status;
}

std::size_t RequestParser::feed(std::string_view bytes) {
    std::size_t skipped = 0;
    // RFC 9112, 2.2: empty lines before a request are left over from a sloppy client's last one.
    while (!(*message_)->got_some() && bytes.substr(skipped).starts_with("\r\n")) {
        skipped += 2;
    }
    bytes.remove_prefix(skipped);
    const bool half_an_empty_line = bytes == "\r" && !(*message_)->got_some();
    if (bytes.empty() || half_an_empty_line || state_ == State::Complete ||
        state_ == State::Refused) {
        return skipped;
    }
    return skipped + feed_message(bytes);
}

std::size_t RequestParser::feed_message(std::string_view bytes) {
    auto& parser = **message_;
    // Beast 1.81 asserts that the last chunk does not come again in less than this, which it does
    // when it is the first one, too. No message ends with fewer bytes after a chunk's head began.
    constexpr std::size_t kLastChunk = std::string_view("0\r\n\r\n").size();
    if (state_ == State::InBody && parser.chunked() && bytes.size() < kLastChunk) {
        return 0;
    }
    error_code error;
    const auto taken = parser.put({bytes.data(), bytes.size()}, error);
    if (error && error != ParserError::need_more) {
        refuse(status_of(error));
    } else if (parser.is_done()) {
        state_ = State::Complete;
    } else if (parser.is_header_done()) {
        state_ = State::InBody;
    }
    // Chunk extensions and trailers are nobody's: a chunk's head has to fit like the others.
    if (state_ == State::InBody && bytes.size() - taken > limits_.head) {
        refuse(400);
    }
    return taken;
}

bool RequestParser::keep_alive() const {
    return (*message_)->keep_alive();
}

bool RequestParser::is_http_1_0() const {
    return (*message_)->is_http_1_0();
}

bool RequestParser::expects_continue() const {
    return state_ == State::InBody && (*message_)->expects_continue();
}

Request RequestParser::take() {
    auto request = std::move((*message_)->request);
    message_->emplace(limits_);
    state_ = State::InHead;
    return request;
}

}  // namespace ingot::http
