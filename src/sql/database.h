// SPDX-License-Identifier: Apache-2.0
// A connection to the state database, statements on it, and transactions. A database is a SQLite
// file or a PostgreSQL server; which one is said by its location, and the code above is the same.
// So statements keep to what both understand: $1 placeholders, ON CONFLICT, RETURNING, TEXT and
// BIGINT columns. What the tables mean is not its business. Error texts name files, hosts, tables
// and columns, never bound values or passwords.
//
//   Transaction transaction(database);
//   database.prepare("UPDATE runs SET state = $2 WHERE id = $1").bind(id).bind(state).run();
//   transaction.commit();
//
// Errors: Unavailable when the database cannot be opened or reached, or stays locked, QuotaExceeded
// with code DiskFull (what was committed before stays readable, the transaction is undone), Corrupt
// with what to do, AlreadyExists for a duplicate key, Conflict for any other constraint.
#pragma once

#include "base/cancellation.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace ingot::sql {

class Connection;
class PreparedStatement;
struct Migration;

// Whether a location is the URL of a server (postgresql://… or postgres://…) and not a file.
[[nodiscard]] bool is_server(std::string_view location);

using Value = std::variant<std::monostate, std::int64_t, std::string>;  // monostate is NULL

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

    Row(const Connection& connection, const PreparedStatement& statement)
        : connection_(connection), statement_(statement) {}

    [[noreturn]] void refuse(std::string_view what) const;

    const Connection& connection_;
    const PreparedStatement& statement_;
    int column_ = -1;
};

// Values are bound in the order of $1, $2, … and copied. Must not outlive its Database. Text is
// UTF-8 without NUL: PostgreSQL keeps U+FFFD in place of anything else.
class Statement {
  public:
    Statement(Statement&&) noexcept;
    Statement& operator=(Statement&&) = delete;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    Statement& bind(std::string_view value) { return bind_value(std::string(value)); }

    Statement& bind(const char* value) { return bind(std::string_view(value)); }

    Statement& bind(std::int64_t value) { return bind_value(value); }

    Statement& bind(int value) { return bind(std::int64_t{value}); }

    // Use integer columns with 0 and 1: the two databases do not share a boolean.
    Statement& bind(bool value) { return bind(std::int64_t{value ? 1 : 0}); }

    Statement& bind(std::nullopt_t /*null*/) { return bind_value({}); }

    template <typename Bound>
    Statement& bind(const std::optional<Bound>& value) {
        return value ? bind(*value) : bind(std::nullopt);
    }

    // Whether there is a (further) row. PostgreSQL sends all rows at the first call: whoever wants
    // only some says LIMIT.
    [[nodiscard]] bool next();

    [[nodiscard]] Row row() const { return {connection_, *statement_}; }

    // Carries the statement out to its end; returns how many rows it wrote. It may be bound and
    // run again afterwards.
    std::int64_t run();

  private:
    friend class Database;

    Statement(const Connection& connection, std::unique_ptr<PreparedStatement> statement);
    Statement& bind_value(Value value);

    const Connection& connection_;
    std::unique_ptr<PreparedStatement> statement_;
    int bound_ = 0;
};

struct OpenOptions {
    // How long a writer waits for other writers before Error{Unavailable, DatabaseBusy}.
    std::chrono::milliseconds busy_timeout = std::chrono::seconds(30);
    // Ends waiting and running statements with Cancelled. A process that has to record its own
    // cancellation gives a scope that outlives it; the default is never cancelled.
    base::Cancellation cancellation{};
};

// One connection; one thread at a time. Commits are durable when they return.
class Database {
  public:
    // Opens or makes the file (mode 0600; its folder must exist), or connects to the server, whose
    // database must exist.
    [[nodiscard]] static Database open(const std::string& location,
                                       const OpenOptions& options = {});
    ~Database();
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    [[nodiscard]] Statement prepare(std::string_view statement);

    // One or more statements without parameters.
    void execute(std::string_view script);

    // For messages: the file, or the server's host and database. Never a password.
    [[nodiscard]] const std::string& name() const;

    // False once the connection is lost; then open another one. Does not wait.
    [[nodiscard]] bool is_usable() noexcept;

    // Differs from an earlier one if another connection has committed in between. Nothing where the
    // database cannot tell cheaply.
    [[nodiscard]] std::optional<std::int64_t> data_version();

  private:
    friend class Transaction;
    friend void migrate(Database& database, std::span<const Migration> migrations);

    explicit Database(std::unique_ptr<Connection> connection);
    // Gives text columns made meanwhile the order of bytes, which both databases must have.
    void settle_schema();

    std::unique_ptr<Connection> connection_;
};

// A write transaction. It takes the database's one write lock at once, waiting for other writers:
// one that began by reading could fail half-way with no way to wait. So what it reads is what the
// last writer committed, and stays so. After an Error from a statement in it, all it is good for is
// to be undone. Undone unless committed. One at a time per Database; every write is in one.
class Transaction {
  public:
    explicit Transaction(Database& database);
    ~Transaction() = default;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    // When the connection is lost on the way (Unavailable), it may or may not have been carried
    // out.
    void commit();

  private:
    struct RollBack {
        explicit RollBack(Connection& rolled_back) : connection(rolled_back) {}

        ~RollBack();
        RollBack(const RollBack&) = delete;
        RollBack& operator=(const RollBack&) = delete;

        Connection& connection;
    };

    RollBack otherwise_;
};

}  // namespace ingot::sql
