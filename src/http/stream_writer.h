// SPDX-License-Identifier: Apache-2.0
// The producer's end of a streamed response: bytes go into a bounded queue and the server sends
// them when the client takes them. Copies share the stream; any thread may use them, also after the
// client or the server has gone. What the bytes mean (server-sent events, say) and a heartbeat for
// quiet streams are the producer's job.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

namespace ingot::http {

class StreamQueue;

enum class WriteResult {
    Queued,
    Full,  // nothing was taken: the client is slow. on_drained() tells when to go on
    Gone,  // nobody will read this any more
};

class StreamWriter {
  public:
    explicit StreamWriter(std::shared_ptr<StreamQueue> queue);

    // Never blocks. All of `bytes` or nothing is taken; an empty queue takes more than its limit.
    [[nodiscard]] WriteResult write(std::string_view bytes) const;

    // Ends the response properly once what is queued has been sent.
    void close() const;

    // False once the client has gone, the server stops, or close() was called.
    [[nodiscard]] bool is_open() const;

    // Calls `callback` once when the client has gone or the server stops; at once if that was
    // before. On a thread of the server; it must not block. Not called after close().
    void on_gone(std::function<void()> callback) const;

    // Calls `callback` whenever the queue has run empty after a write was refused. On a thread of
    // the server; it must not block, and may write.
    void on_drained(std::function<void()> callback) const;

  private:
    std::shared_ptr<StreamQueue> queue_;
};

}  // namespace ingot::http
