// SPDX-License-Identifier: Apache-2.0
// What a handler of the server gets and gives back: requests and responses as plain values. Routing
// is the caller's job, and so is what any header means beyond the framing of the message, which the
// server sees to itself (Content-Length, Transfer-Encoding, Connection, Date).
#pragma once

#include "base/byte_count.h"
#include "http/stream_writer.h"
#include "os/fd.h"

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <sys/types.h>

namespace ingot::http {

struct Header {
    std::string name;
    std::string value;
};

// In the order they came; names are compared without case.
class Headers {
  public:
    Headers() = default;

    Headers(std::initializer_list<Header> headers) : headers_(headers) {}

    void add(std::string name, std::string value);

    // The first of that name.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;

    [[nodiscard]] auto begin() const { return headers_.begin(); }

    [[nodiscard]] auto end() const { return headers_.end(); }

    [[nodiscard]] std::size_t size() const { return headers_.size(); }

  private:
    std::vector<Header> headers_;
};

// Who asks, as far as the transport knows.
struct Peer {
    std::string listener{};  // name of the listener, from the server's options
    bool unix_socket = false;
    std::optional<uid_t> uid{};  // of the process that connected, on a Unix socket
    std::string address{};       // numeric, without port; empty on a Unix socket
};

struct Request {
    std::string method{};
    std::string target{};  // as sent: /path?query, http(s)://host/path?query, or *
    std::string path{};    // of the target, still percent-encoded; "/" if it has none
    std::string query{};   // without the question mark
    Headers headers{};
    std::string body{};
    Peer peer{};
};

// Part of a file, sent in pieces as the client takes them. A file that turns out shorter breaks
// the connection off, for the length has been promised.
struct FileRange {
    os::Fd file;
    base::ByteCount first_byte{};
    base::ByteCount length{};
};

// A body that comes while it is made. It costs no thread between two writes.
struct Stream {
    // Called once, after the head is on its way, on the thread of the request. Not for HEAD.
    std::function<void(StreamWriter writer)> start;
    // What may wait for the client; see StreamWriter::write.
    base::ByteCount queue_limit = base::ByteCount::mib(1);
};

struct Response {
    int status = 200;
    Headers headers{};
    // For HEAD: what GET would bring; it is not sent.
    std::variant<std::string, FileRange, Stream> body{};
    // Ends the connection after this response.
    bool close = false;
};

// Called on one of the server's threads. It may block a little: others serve the other clients.
using Handler = std::function<Response(Request&& request)>;

}  // namespace ingot::http
