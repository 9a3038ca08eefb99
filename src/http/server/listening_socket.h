// SPDX-License-Identifier: Apache-2.0
// The sockets a server listens at: TCP addresses, and Unix sockets whose files come and go with
// them. What is done with the connections is not its business.
#pragma once

#include "http/message.h"
#include "http/server.h"
#include "os/fd.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

namespace ingot::http {

struct Accepted {
    os::Fd socket;
    Peer peer;
};

class ListeningSocket {
  public:
    // Throw as Server's constructor does.
    explicit ListeningSocket(const TcpListener& options);
    explicit ListeningSocket(const UnixListener& options);

    // Takes a Unix socket's file away, if it is still this one's.
    ~ListeningSocket();
    ListeningSocket(const ListeningSocket&) = delete;
    ListeningSocket& operator=(const ListeningSocket&) = delete;

    [[nodiscard]] int fd() const { return socket_.get(); }

    [[nodiscard]] const std::string& name() const { return name_; }

    [[nodiscard]] bool tls() const { return tls_; }

    // 0 for a Unix socket.
    [[nodiscard]] std::uint16_t port() const;

    // Empty when nobody is waiting any more. Throws SystemError when descriptors or memory have run
    // out.
    [[nodiscard]] std::optional<Accepted> accept() const;

  private:
    os::Fd socket_;
    std::string name_;
    bool tls_ = false;
    std::filesystem::path path_{};  // of a Unix socket
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace ingot::http
