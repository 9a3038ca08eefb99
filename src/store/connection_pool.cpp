// SPDX-License-Identifier: Apache-2.0
#include "store/connection_pool.h"

namespace ingot::store {

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
