// SPDX-License-Identifier: Apache-2.0
// The server side of HTTP/1.1: listeners, TLS, connections, limits and time limits. It serves when
// it is constructed and hands each complete request to one handler; routes, authentication and
// error bodies are the handler's job. A client that is slow, idle or hostile costs a connection,
// never a thread.
#pragma once

#include "base/byte_count.h"
#include "http/certificates.h"
#include "http/message.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::http {

struct TcpListener {
    std::string name = "tcp";           // what Peer::listener says
    std::string address = "127.0.0.1";  // numeric; "::" is every address of the host
    std::uint16_t port = 0;             // 0: any free one, see Server::port
    bool tls = true;                    // without it only a loopback address is taken
};

struct UnixListener {
    std::string name = "unix";
    std::filesystem::path path;  // in an existing folder
    unsigned mode = 0600;
};

struct ServerLimits {
    base::ByteCount head = base::ByteCount::kib(32);  // request line and headers; then 431
    base::ByteCount body = base::ByteCount::mib(4);   // then 413
    std::size_t connections = 4096;                   // then idle ones make room

    // From the connection, or the first byte of a later request, to the end of its head.
    std::chrono::milliseconds head_timeout = std::chrono::seconds(10);
    std::chrono::milliseconds body_timeout = std::chrono::seconds(60);   // the whole body
    std::chrono::milliseconds idle_timeout = std::chrono::seconds(120);  // between two requests
    std::chrono::milliseconds stall_timeout = std::chrono::seconds(30);  // client takes no byte
};

struct ServerOptions {
    std::vector<TcpListener> tcp{};
    std::vector<UnixListener> unix_sockets{};
    std::optional<TlsIdentity> identity{};  // for the TCP listeners with TLS
    unsigned threads = 0;                   // 0: four per processor, at least eight
    ServerLimits limits{};
    // What a request is answered that never becomes one for the handler: malformed (400), too
    // large (413, 431), of another HTTP (505). Empty: the status with a word of text.
    std::function<Response(int status)> refusal{};
};

class Server {
  public:
    // Listens on return. A Unix socket's file that a dead process left is replaced. Throws Error:
    // AlreadyExists "SocketInUse" where another process answers, InvalidArgument for options and
    // certificates that do not hold, SystemError where the kernel says no.
    //
    // What the handler throws becomes a 500 without details.
    Server(ServerOptions options, Handler handler);

    // stop() without grace.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Of the TCP listener of that name.
    [[nodiscard]] std::uint16_t port(std::string_view listener = "tcp") const;

    // Open connections of all kinds.
    [[nodiscard]] std::size_t connections() const;

    // New connections see this certificate from now on. Throws Error{InvalidArgument} and changes
    // nothing. Any thread.
    void use_identity(const TlsIdentity& identity);

    // Takes no new connections, closes idle ones, ends streams properly, gives requests in progress
    // the grace, then cuts what is left. Waits for handlers that still run, however long. Not from
    // a handler or a stream's callback. Afterwards the server is only good for destruction.
    void stop(std::chrono::milliseconds grace);

  private:
    class Service;
    std::unique_ptr<Service> service_;
};

}  // namespace ingot::http
