// SPDX-License-Identifier: Apache-2.0
// The open connections of a server, found by the token of their events, and what they all share.
// Closing one is its own job; see connection.h.
#pragma once

#include "http/message.h"
#include "http/server.h"
#include "os/event_queue.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace ingot::http {

class Connection;

// Any thread.
class ConnectionTable {
  public:
    using Id = os::EventQueue::Token;

    void add(Id id, std::shared_ptr<Connection> connection);
    [[nodiscard]] std::shared_ptr<Connection> find(Id id) const;
    void remove(Id id);
    [[nodiscard]] std::size_t size() const;

    // Under the table's lock: no connection goes meanwhile, and `visit` must not call back.
    void for_each(const std::function<void(Connection& connection)>& visit) const;

    void wait_until_empty() const;
    void wait_until_empty(std::chrono::milliseconds at_most) const;

  private:
    mutable std::mutex mutex_;
    mutable std::condition_variable emptied_;
    std::unordered_map<Id, std::shared_ptr<Connection>> connections_;
};

// Shared, because the writer of a stream may hold on to its connection for a moment longer than the
// server lives.
struct ServedWorld {
    ServedWorld(const ServerLimits& server_limits, std::function<Response(int status)> refuse)
        : limits(server_limits), refusal(std::move(refuse)) {}

    const ServerLimits limits;
    const std::function<Response(int status)> refusal;
    os::EventQueue events;
    ConnectionTable connections;
    std::atomic<bool> stopping = false;
};

}  // namespace ingot::http
