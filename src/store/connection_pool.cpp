// SPDX-License-Identifier: Apache-2.0
#include "store/connection_pool.h"

#include "store/state_database.h"

namespace ingot::store {

ConnectionPool::ConnectionPool(std::filesystem::path path) : path_(std::move(path)) {
    give_back(std::make_unique<sql::Database>(open_state_database(path_)));
}

ConnectionPool::Lease ConnectionPool::borrow() {
    {
        const std::scoped_lock lock(mutex_);
        if (!idle_.empty()) {
            auto database = std::move(idle_.back());
            idle_.pop_back();
            return {*this, std::move(database)};
        }
    }
    return {*this, std::make_unique<sql::Database>(sql::Database::open(path_))};
}

void ConnectionPool::give_back(std::unique_ptr<sql::Database> database) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(database));
}

}  // namespace ingot::store
