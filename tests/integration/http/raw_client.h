// SPDX-License-Identifier: Apache-2.0
// A client that says exactly what a test wants said, well-formed or not, and hears exactly what the
// server answers. It blocks, and gives up with an exception when nothing comes for ten seconds.
#pragma once

#include "os/fd.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace ingot::test_support {

struct RawResponse {
    int status = 0;
    std::map<std::string, std::string> headers{};  // names in lower case
    std::string body{};                            // chunks taken apart
};

struct TlsClientOptions {
    std::string authority_pem;
    std::string host = "localhost";
    int highest_version = 0;  // of the protocol; 0 for any
    std::string protocols{};  // ALPN, as on the wire
};

class RawClient {
  public:
    [[nodiscard]] static RawClient plain(std::uint16_t port);
    [[nodiscard]] static RawClient unix_socket(const std::filesystem::path& path);
    // Throws std::runtime_error if the handshake fails.
    [[nodiscard]] static RawClient tls(std::uint16_t port, const TlsClientOptions& options);

    ~RawClient();
    RawClient(RawClient&&) noexcept;
    RawClient& operator=(RawClient&&) = delete;
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;

    // False if the server has closed the connection.
    bool send(std::string_view bytes);

    // Interim responses (1xx) come like others. `to_head`: no body follows whatever the head says.
    [[nodiscard]] RawResponse receive(bool to_head = false);
    [[nodiscard]] RawResponse ask(std::string_view request);

    // The next bytes, whatever they are; empty once the server has closed.
    [[nodiscard]] std::string receive_some();
    // Everything up to the end of the connection.
    [[nodiscard]] std::string receive_rest();

    // Ends the connection as a crash of the client would (RST).
    void reset();

    [[nodiscard]] std::string chosen_protocol() const;

  private:
    struct Tls;
    explicit RawClient(os::Fd socket);
    std::string take(std::size_t size);
    std::string take_line();
    std::string take_chunks();

    os::Fd socket_;
    std::unique_ptr<Tls> tls_;
    std::string buffer_;
};

}  // namespace ingot::test_support
