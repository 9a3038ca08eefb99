// SPDX-License-Identifier: Apache-2.0
// Readiness of many descriptors, handed out to several threads (epoll). An event goes to one
// thread, and its descriptor is silent from then on until it is armed again: whatever the
// descriptor belongs to is served by one thread at a time. What an event means is the caller's
// business; for a wait on a few descriptors there is wait.h.
#pragma once

#include "os/fd.h"

#include <cstdint>
#include <optional>

namespace ingot::os {

enum class Interest { Readable, Writable, Both };

class EventQueue {
  public:
    // Chosen by the caller; comes back from next().
    using Token = std::uint64_t;

    EventQueue();

    // Arms `fd` for the first time. Closing the descriptor ends its events, except for one that
    // another thread has been given already. Throws SystemError.
    void watch(int fd, Token token, Interest interest);

    // Asks for one more event, at once if the descriptor is ready already. Any thread.
    void arm(int fd, Token token, Interest interest) noexcept;

    // Waits for an event; empty once the queue is closed. Any number of threads.
    [[nodiscard]] std::optional<Token> next();

    // Ends every next(), now and later. Any thread.
    void close() noexcept;

  private:
    Fd epoll_;
    Fd closed_;
};

}  // namespace ingot::os
