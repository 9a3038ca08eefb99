// SPDX-License-Identifier: Apache-2.0
#include "http/server/connection_table.h"

#include "http/server/connection.h"

#include <utility>

namespace ingot::http {

void ConnectionTable::add(Id id, std::shared_ptr<Connection> connection) {
    const std::lock_guard lock(mutex_);
    connections_.emplace(id, std::move(connection));
}

std::shared_ptr<Connection> ConnectionTable::find(Id id) const {
    const std::lock_guard lock(mutex_);
    const auto found = connections_.find(id);
    return found == connections_.end() ? nullptr : found->second;
}

void ConnectionTable::remove(Id id) {
    const std::lock_guard lock(mutex_);
    connections_.erase(id);
    if (connections_.empty()) {
        emptied_.notify_all();
    }
}

std::size_t ConnectionTable::size() const {
    const std::lock_guard lock(mutex_);
    return connections_.size();
}

void ConnectionTable::for_each(const std::function<void(Connection&)>& visit) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, connection] : connections_) {
        visit(*connection);
    }
}

void ConnectionTable::wait_until_empty() const {
    std::unique_lock lock(mutex_);
    emptied_.wait(lock, [this] { return connections_.empty(); });
}

void ConnectionTable::wait_until_empty(std::chrono::milliseconds at_most) const {
    std::unique_lock lock(mutex_);
    emptied_.wait_for(lock, at_most, [this] { return connections_.empty(); });
}

}  // namespace ingot::http
