// SPDX-License-Identifier: Apache-2.0
// Tells in microseconds whether anything was written to the state database since it was last asked,
// by this process or another. SQLite only; PostgreSQL has no cheap answer.
#pragma once

#include "sql/database.h"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace ingot::store {

class ChangeWatch {
  public:
    // Has a connection of its own, which never writes: SQLite does not count one's own changes.
    explicit ChangeWatch(const std::string& location) : database_(sql::Database::open(location)) {}

    // Differs from an earlier one if anything was committed in between. Any thread.
    [[nodiscard]] std::optional<std::int64_t> data_version() {
        const std::lock_guard lock(mutex_);
        return database_.data_version();
    }

  private:
    std::mutex mutex_;
    sql::Database database_;
};

}  // namespace ingot::store
