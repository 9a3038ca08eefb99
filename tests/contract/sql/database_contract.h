// SPDX-License-Identifier: Apache-2.0
// A database of each kind for the contract of sql::Database.
#pragma once

#include "base/error.h"
#include "contract/database_kinds.h"
#include "os/files.h"
#include "sql/database.h"

#include <cstdint>
#include <string_view>

#include <gtest/gtest.h>

namespace ingot::sql {

inline std::int64_t number(Database& database, std::string_view query) {
    auto statement = database.prepare(query);
    return statement.next() ? statement.row().integer() : -1;
}

inline std::int64_t count(Database& database) {
    return number(database, "SELECT COUNT(*) FROM things");
}

template <typename Body>
base::Error error_of(Body&& body) {
    try {
        body();
    } catch (const base::Error& error) {
        return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {base::ErrorKind::Internal, "", ""};
}

class DatabaseContract : public testing::TestWithParam<DatabaseKind> {
  protected:
    // A further connection to this test's database.
    [[nodiscard]] Database open(const OpenOptions& options = {}) const {
        return Database::open(GetParam().location(folder_.path()), options);
    }

    [[nodiscard]] Database with_table() const {
        auto database = open();
        database.execute(
            "CREATE TABLE things (name TEXT PRIMARY KEY, size BIGINT CHECK (size <> 7))");
        return database;
    }

  private:
    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
};

}  // namespace ingot::sql
