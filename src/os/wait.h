// SPDX-License-Identifier: Apache-2.0
// The only places where Ingot waits. Every wait ends at once, with Cancelled, when its scope is
// cancelled or its deadline passes; nothing else in the code base may sleep or poll.
#pragma once

#include "base/cancellation.h"

#include <chrono>
#include <optional>
#include <span>

#include <poll.h>

namespace ingot::os {

// Waits until one of `fds` has an event (poll(2) semantics, revents filled in) or `timeout` has
// passed. False on timeout. Throws Cancelled.
[[nodiscard]] bool wait_for_any(std::span<pollfd> fds,
                                const base::Cancellation& cancellation,
                                std::optional<std::chrono::milliseconds> timeout = std::nullopt);

// True when there is something to read (or the peer is gone), false on timeout.
[[nodiscard]] bool wait_readable(int fd,
                                 const base::Cancellation& cancellation,
                                 std::optional<std::chrono::milliseconds> timeout = std::nullopt);

[[nodiscard]] bool wait_writable(int fd,
                                 const base::Cancellation& cancellation,
                                 std::optional<std::chrono::milliseconds> timeout = std::nullopt);

// A pause between two attempts, for the rare thing that offers no event.
void pause_for(std::chrono::milliseconds duration, const base::Cancellation& cancellation);

}  // namespace ingot::os
