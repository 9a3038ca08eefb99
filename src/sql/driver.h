// SPDX-License-Identifier: Apache-2.0
// What a kind of database has to do for sql::Database. Only this folder includes it. A driver
// throws the errors of sql/errors.h and honours OpenOptions; a connection is used by one thread at
// a time.
#pragma once

#include "sql/database.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ingot::sql {

class PreparedStatement {
  public:
    PreparedStatement() = default;
    virtual ~PreparedStatement() = default;
    PreparedStatement(const PreparedStatement&) = delete;
    PreparedStatement& operator=(const PreparedStatement&) = delete;

    // `parameter` 1 is $1.
    virtual void bind(int parameter, Value value) = 0;
    // Whether there is a (further) row.
    [[nodiscard]] virtual bool next() = 0;
    // Back to the start, whatever was read; returns how many rows were written.
    virtual std::int64_t finish() = 0;
    // Of the current row; columns count from 0.
    [[nodiscard]] virtual Value value(int column) const = 0;
    [[nodiscard]] virtual std::string column_name(int column) const = 0;
};

// What the code above the drivers needs to know of one.
struct DatabaseFacts {
    std::string name;                 // see Database::name
    std::string repair;               // what a person can do about damage
    std::string_view begin_write;     // begins a transaction that holds the write lock
    std::string_view settle_schema;   // see Database::settle_schema; may be empty
    std::string_view data_version{};  // query for Database::data_version; may be empty
};

class Connection {
  public:
    Connection() = default;
    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] virtual std::unique_ptr<PreparedStatement> prepare(
        std::string_view statement) = 0;
    virtual void execute(std::string_view script) = 0;
    // Undoes the open transaction, if there is one. For destructors: does not throw, and works in a
    // cancelled scope too.
    virtual void roll_back() noexcept = 0;
    [[nodiscard]] virtual bool is_usable() noexcept = 0;
    [[nodiscard]] virtual const DatabaseFacts& facts() const = 0;
};

}  // namespace ingot::sql
