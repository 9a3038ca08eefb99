// SPDX-License-Identifier: Apache-2.0
// A statement of the SQLite driver.
#pragma once

#include "sql/sqlite/sqlite_connection.h"

#include <string>
#include <utility>

namespace ingot::sql {

class SqliteConnection;

class SqliteStatement final : public PreparedStatement {
  public:
    // Gives `statement` back to the connection, which outlives this.
    SqliteStatement(SqliteConnection& connection, std::string text, SqliteStatementHandle statement)
        : connection_(connection), text_(std::move(text)), statement_(std::move(statement)) {}

    ~SqliteStatement() override;
    SqliteStatement(const SqliteStatement&) = delete;
    SqliteStatement& operator=(const SqliteStatement&) = delete;

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

    SqliteConnection& connection_;
    std::string text_;
    SqliteStatementHandle statement_;
};

}  // namespace ingot::sql
