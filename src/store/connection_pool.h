// SPDX-License-Identifier: Apache-2.0
// Connections to the state database for a process with many threads: a connection belongs to one
// thread at a time, so each use borrows one and gives it back. Opens as many as are used at once,
// and another one in place of one that was lost.
#pragma once

#include "sql/database.h"

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace ingot::store {

class ConnectionPool {
  public:
    // Opens the first connection, and so brings the schema up to date. `location` and errors are
    // those of open_state_database().
    explicit ConnectionPool(std::string location);

    class Lease {
      public:
        Lease(ConnectionPool& pool, std::unique_ptr<sql::Database> database)
            : pool_(pool), database_(std::move(database)) {}

        ~Lease() { pool_.give_back(std::move(database_)); }

        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;

        sql::Database& operator*() const { return *database_; }

        sql::Database* operator->() const { return database_.get(); }

      private:
        ConnectionPool& pool_;
        std::unique_ptr<sql::Database> database_;
    };

    [[nodiscard]] Lease borrow();

  private:
    void give_back(std::unique_ptr<sql::Database> database);
    // Empty when there is none.
    std::unique_ptr<sql::Database> take_idle();

    std::string location_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<sql::Database>> idle_;
};

}  // namespace ingot::store
