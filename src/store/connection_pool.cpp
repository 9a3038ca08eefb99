// SPDX-License-Identifier: Apache-2.0
#include "store/connection_pool.h"

#include "store/state_database.h"

#include <utility>

namespace ingot::store {

ConnectionPool::ConnectionPool(std::string location) : location_(std::move(location)) {
    give_back(std::make_unique<sql::Database>(open_state_database(location_)));
}

ConnectionPool::Lease ConnectionPool::borrow() {
    auto database = take_idle();
    while (database && !database->is_usable()) {
        database = take_idle();
    }
    return {*this,
            database ? std::move(database)
                     : std::make_unique<sql::Database>(sql::Database::open(location_))};
}

std::unique_ptr<sql::Database> ConnectionPool::take_idle() {
    const std::scoped_lock lock(mutex_);
    if (idle_.empty()) {
        return nullptr;
    }
    auto database = std::move(idle_.back());
    idle_.pop_back();
    return database;
}

void ConnectionPool::give_back(std::unique_ptr<sql::Database> database) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(database));
}

}  // namespace ingot::store
