// SPDX-License-Identifier: Apache-2.0
// One accepted socket, with or without TLS over it, never blocking: each call does what can be done
// now and says what to wait for. One thread at a time, except for cut().
#pragma once

#include "http/server/tls_context.h"
#include "os/fd.h"

#include <cstddef>
#include <span>
#include <string_view>

namespace ingot::http {

enum class IoStatus {
    Done,
    WantRead,   // come back when the socket is readable
    WantWrite,  // ... writable
    Closed,     // by the peer, or broken
};

struct IoResult {
    IoStatus status;
    std::size_t bytes = 0;  // when Done
};

class Transport {
  public:
    // `session` is over the same socket, or empty.
    Transport(os::Fd socket, TlsSession session);

    [[nodiscard]] int fd() const { return socket_.get(); }

    // Without TLS there is nothing to shake.
    [[nodiscard]] IoStatus handshake();
    [[nodiscard]] IoResult read(std::span<char> buffer);
    [[nodiscard]] IoResult write(std::string_view bytes);

    // Whether bytes were received that no event will announce again.
    [[nodiscard]] bool holds_input() const;

    // Tells the peer that nothing will follow.
    void finish_writing();
    // Takes what the peer still sends, without looking at it.
    [[nodiscard]] IoResult discard(std::span<char> buffer);

    // Wakes whoever waits for the socket, for good: reads find the end, writes fail. Any thread,
    // while the object lives.
    void cut() const noexcept;
    // The same for reads only.
    void cut_reading() const noexcept;

  private:
    [[nodiscard]] IoResult result_of(int returned) const;

    os::Fd socket_;
    TlsSession session_;
};

}  // namespace ingot::http
