// SPDX-License-Identifier: Apache-2.0
// A blocking HTTP client over libcurl, with time limits and cancellation: streaming GET with ranges
// and redirects for files, and requests of any method for APIs, also over a Unix socket. TLS is
// always verified, against the system's authorities unless others are named; the usual proxy
// variables are respected. Retrying, checksums and files are artifact/fetch.h's job, what an API
// means its client's. One thread at a time per Client; connections are kept between requests.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "base/error.h"
#include "http/message.h"
#include "http/response_head.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
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
    std::filesystem::path authorities{};     // PEM; if given, trusted instead of the system's
    std::chrono::seconds connect_timeout = std::chrono::seconds(30);
    std::chrono::seconds stall_timeout = std::chrono::seconds(60);  // this long without any byte
    // Connect to no address that is this host's alone (local_address.h), wherever names and
    // redirects lead; then Error{Forbidden, "LocalAddressRefused"}.
    bool refuse_local = false;
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

// One request of an API. Every status is an answer to it; redirects are not followed.
struct SendRequest {
    std::string method = "GET";
    std::string url;  // http or https
    Headers headers{};
    std::optional<std::string> body{};
    std::filesystem::path unix_socket{};  // if given, the way there, whatever host the URL names
    std::filesystem::path authorities{};  // PEM; if given, trusted instead of the system's
    base::ByteCount limit = base::ByteCount::mib(64);  // of what is kept; more is ResponseTooLarge
    std::chrono::seconds connect_timeout = std::chrono::seconds(30);
    std::chrono::seconds stall_timeout = std::chrono::seconds(60);  // 0: a quiet answer may last
    // Takes the body of an answer with a status of 2xx as it comes, instead of having it kept.
    std::function<void(std::string_view bytes)> on_body{};
    // Called several times a second while the answer is awaited and taken.
    std::function<void()> on_wait{};
};

struct Reply {
    int status = 0;
    Headers headers{};
    std::string body{};
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

    // Throws HttpError where there was no answer, Cancelled, and what the request's functions
    // throw.
    Reply send(const SendRequest& request, const base::Cancellation& cancellation);

  private:
    struct Connections;
    std::unique_ptr<Connections> connections_;
};

}  // namespace ingot::http
