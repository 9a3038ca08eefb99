// SPDX-License-Identifier: Apache-2.0
// Feeds all answers that come while they are made (live logs and events) from one thread, so that a
// follower costs a queue and not a thread. What the pieces are is the answer's knowledge.
#pragma once

#include "base/cancellation.h"
#include "http/stream_writer.h"
#include "os/fd.h"
#include "resources/call.h"

#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace ingot::daemon {

class LivePump {
  public:
    using Next = std::function<resources::LivePiece()>;

    LivePump();
    ~LivePump();
    LivePump(const LivePump&) = delete;
    LivePump& operator=(const LivePump&) = delete;

    // Pieces of `next` go to `writer` until one of them has ended.
    void add(Next next, http::StreamWriter writer);

    // There may be something new; otherwise every follower is looked after a few times a second.
    void poke();

    [[nodiscard]] std::size_t followers() const;

  private:
    struct Follower {
        Next next;
        http::StreamWriter writer;
        resources::LivePiece piece{};
    };

    void serve();
    void feed_all();
    static bool feed(Follower& follower);

    base::Cancellation stop_;
    os::Pipe bell_;
    mutable std::mutex mutex_;  // guards followers_
    std::list<Follower> followers_;
    std::jthread thread_;
};

}  // namespace ingot::daemon
