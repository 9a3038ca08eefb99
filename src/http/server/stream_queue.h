// SPDX-License-Identifier: Apache-2.0
// What stands between the producer of a streamed response and its connection: a bounded queue with
// a bell. It knows neither sockets nor chunks. All functions may be called from any thread; the
// callbacks run outside of its lock, the bell inside.
#pragma once

#include "http/stream_writer.h"

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace ingot::http {

class StreamQueue {
  public:
    // `ring` wakes the connection from its sleep; it must not block nor call back.
    StreamQueue(std::size_t limit, std::function<void()> ring);

    // The producer's side: see StreamWriter.
    [[nodiscard]] WriteResult write(std::string_view bytes);
    void close();
    [[nodiscard]] bool is_open() const;
    void on_gone(std::function<void()> callback);
    void on_drained(std::function<void()> callback);

    // The connection's side. What there is to send; `last` says that nothing will follow.
    struct Taken {
        std::string bytes;
        bool last = false;
    };

    [[nodiscard]] Taken take();

    // Runs `park` unless there is something to take; the next news will ring.
    [[nodiscard]] bool sleep_if_empty(const std::function<void()>& park);

    // All that was taken has been sent.
    void drained();

    // Nobody reads any more: writes come to nothing. What is queued stays for take() if `flush`.
    void end(bool flush);

  private:
    void wake();

    [[nodiscard]] bool has_news() const { return !pending_.empty() || (closed_ && !told_last_); }

    const std::size_t limit_;
    const std::function<void()> ring_;
    mutable std::mutex mutex_;
    std::string pending_;
    bool asleep_ = false;     // the connection; the next news have to ring
    bool refused_ = false;    // a write, since the queue was last empty
    bool closed_ = false;     // nothing more will be queued
    bool gone_ = false;       // ... and it was not the producer who said so
    bool told_last_ = false;  // take() has said so
    std::function<void()> on_gone_;
    std::function<void()> on_drained_;
};

}  // namespace ingot::http
