// SPDX-License-Identifier: Apache-2.0
// A statement of the SQLite driver.
#pragma once

#include "sql/driver.h"

#include <memory>

#include <sqlite3.h>

namespace ingot::sql {

class SqliteConnection;

class SqliteStatement final : public PreparedStatement {
  public:
    // Takes over `statement`; the connection outlives this.
    SqliteStatement(const SqliteConnection& connection, sqlite3_stmt* statement)
        : connection_(connection), statement_(statement) {}

    void bind(int parameter, Value value) override;
    [[nodiscard]] bool next() override;
    std::int64_t finish() override;
    [[nodiscard]] Value value(int column) const override;
    [[nodiscard]] std::string column_name(int column) const override;

  private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };

    [[nodiscard]] int bind_at(int index, const Value& value) const;

    const SqliteConnection& connection_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace ingot::sql
