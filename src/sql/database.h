// SPDX-License-Identifier: Apache-2.0
// A connection to the state database, statements on it, and transactions. SQLite today; statements
// keep to what PostgreSQL 15 understands too ($1 placeholders, ON CONFLICT, RETURNING, TEXT and
// BIGINT columns), so that the code above stays when the second driver comes. What the tables mean
// is not its business. Error texts name files, tables and columns, never bound values.
//
//   Transaction transaction(database);
//   database.prepare("UPDATE runs SET state = $2 WHERE id = $1").bind(id).bind(state).run();
//   transaction.commit();
//
// Errors: Unavailable when the file cannot be opened or stays locked, QuotaExceeded with code
// DiskFull (what was committed before stays readable, the transaction is undone), Corrupt with the
// path and what to do, AlreadyExists for a duplicate key, Conflict for any other constraint.
#pragma once

#include "base/cancellation.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3_stmt;

namespace ingot::sql {

class Connection;

// Reads the current row of a Statement, column after column from the left. Gone with the next
// Statement::next(). A NULL where the call does not allow one is Error{Corrupt}.
class Row {
  public:
    [[nodiscard]] std::string text();
    [[nodiscard]] std::int64_t integer();
    [[nodiscard]] std::optional<std::string> optional_text();
    [[nodiscard]] std::optional<std::int64_t> optional_integer();

  private:
    friend class Statement;

    Row(const Connection& connection, sqlite3_stmt* statement)
        : connection_(connection), statement_(statement) {}

    [[nodiscard]] bool next_is_null();
    [[nodiscard]] int next_not_null();

    const Connection& connection_;
    sqlite3_stmt* statement_;
    int column_ = -1;
};

// Values are bound in the order of $1, $2, … and copied. Must not outlive its Database.
class Statement {
  public:
    Statement& bind(std::string_view value);

    Statement& bind(const char* value) { return bind(std::string_view(value)); }

    Statement& bind(std::int64_t value);

    Statement& bind(int value) { return bind(std::int64_t{value}); }

    // Use integer columns with 0 and 1: the two databases do not share a boolean.
    Statement& bind(bool value) { return bind(std::int64_t{value ? 1 : 0}); }

    Statement& bind(std::nullopt_t null);

    template <typename Value>
    Statement& bind(const std::optional<Value>& value) {
        return value ? bind(*value) : bind(std::nullopt);
    }

    // Whether there is a (further) row.
    [[nodiscard]] bool next();

    [[nodiscard]] Row row() const { return {connection_, statement_.get()}; }

    // Carries the statement out to its end; returns how many rows it wrote. It may be bound and
    // run again afterwards.
    std::int64_t run();

  private:
    friend class Database;

    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };

    Statement(const Connection& connection, sqlite3_stmt* statement)
        : connection_(connection), statement_(statement) {}

    [[nodiscard]] int next_parameter();

    const Connection& connection_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int bound_ = 0;
};

struct OpenOptions {
    // How long a writer waits for other writers before Error{Unavailable, DatabaseBusy}.
    std::chrono::milliseconds busy_timeout = std::chrono::seconds(30);
    // Ends waiting and running statements with Cancelled. A process that has to record its own
    // cancellation gives a scope that outlives it; the default is never cancelled.
    base::Cancellation cancellation{};
};

// One connection; one thread at a time. Commits are durable when they return: write-ahead log with
// synchronous=FULL, since NORMAL may lose the last commits when the power fails, and a version that
// was reported as published must be there afterwards.
class Database {
  public:
    // Opens or makes the file (mode 0600; its folder must exist).
    [[nodiscard]] static Database open(const std::filesystem::path& path,
                                       const OpenOptions& options = {});
    ~Database();
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    [[nodiscard]] Statement prepare(std::string_view statement);

    // One or more statements without parameters.
    void execute(std::string_view script);

    [[nodiscard]] const std::filesystem::path& path() const;

  private:
    friend class Transaction;

    explicit Database(std::unique_ptr<Connection> connection);

    std::unique_ptr<Connection> connection_;
};

// A write transaction. It takes the database's one write lock at once (BEGIN IMMEDIATE), waiting
// for other writers: one that began by reading could fail half-way with no way to wait. Undone
// unless committed. One at a time per Database.
class Transaction {
  public:
    explicit Transaction(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit();

  private:
    Connection& connection_;
};

}  // namespace ingot::sql
