// SPDX-License-Identifier: Apache-2.0
// A blocking HTTP client over libcurl: streaming GET with ranges, redirects, time limits and
// cancellation; TLS always verified against the system's authorities; the usual proxy variables
// respected. Retrying, checksums and files are artifact/fetch.h's job. One thread at a time per
// Client; connections are kept between requests.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "base/error.h"
#include "http/response_head.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ingot::http {

// `url` as it may be shown and logged: without user name and password, and with the values of
// signatures and tokens in its query replaced.
[[nodiscard]] std::string redact_url(std::string_view url);

struct GetRequest {
    std::string url;               // http or https
    base::ByteCount first_byte{};  // more than 0 asks for the rest from there
    std::string if_range{};        // strong etag that must still hold for a partial answer
    std::optional<base::ByteCount> limit{};  // of the body; more is Error{..., "ResponseTooLarge"}
    std::chrono::seconds connect_timeout = std::chrono::seconds(30);
    std::chrono::seconds stall_timeout = std::chrono::seconds(60);  // this long without any byte
};

// What the response's bytes are handed to. What these functions throw ends the request and leaves
// get().
struct ResponseHandler {
    // Once, before the first byte of the final response's body.
    std::function<void(const ResponseHead& head)> on_head{};
    std::function<void(std::string_view bytes)> on_body{};
};

// A request that brought no usable response. Kinds: NotFound (404, 410), Forbidden (401, 403),
// TooManyRequests (429), Unavailable (no connection, stalled, 408, 5xx), InvalidArgument (not an
// http(s) URL, other 4xx, too large). Messages name the redacted URL.
class HttpError : public base::Error {
  public:
    HttpError(base::ErrorKind kind,
              std::string code,
              const std::string& message,
              const std::string& redacted_url,
              int status);

    // 0 if there was no response.
    [[nodiscard]] int status() const noexcept { return status_; }

    // Whether the same request may succeed later.
    [[nodiscard]] bool is_transient() const noexcept;

  private:
    int status_;
};

class Client {
  public:
    Client();
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Follows up to 10 redirects. Returns when the whole body was handed over; throws HttpError,
    // Cancelled.
    ResponseHead get(const GetRequest& request,
                     const ResponseHandler& handler,
                     const base::Cancellation& cancellation);

  private:
    struct Connections;
    std::unique_ptr<Connections> connections_;
};

}  // namespace ingot::http
