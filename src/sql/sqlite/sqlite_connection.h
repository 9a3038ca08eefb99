// SPDX-License-Identifier: Apache-2.0
// The SQLite driver: the handle, waiting for other writers, and the translation of result codes.
// Commits are durable because of the write-ahead log with synchronous=FULL: NORMAL may lose the
// last commits when the power fails, and a version that was reported as published must be there
// afterwards.
#pragma once

#include "sql/driver.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>

#include <sqlite3.h>

namespace ingot::sql {

struct SqliteFinalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

using SqliteStatementHandle = std::unique_ptr<sqlite3_stmt, SqliteFinalize>;

class SqliteConnection final : public Connection {
  public:
    SqliteConnection(std::string path, OpenOptions options);

    [[nodiscard]] std::unique_ptr<PreparedStatement> prepare(std::string_view statement) override;
    void execute(std::string_view script) override;
    void roll_back() noexcept override;

    [[nodiscard]] bool is_usable() noexcept override { return true; }

    [[nodiscard]] const DatabaseFacts& facts() const override { return facts_; }

    // For its statements. Whether there is a row.
    [[nodiscard]] bool step(sqlite3_stmt* statement) const;
    // Throws what `result` means, unless it is SQLITE_OK.
    void check(int result) const;

    // A statement that is not needed any more, to be used again: compiling one costs several times
    // what carrying it out does.
    void keep(std::string text, SqliteStatementHandle statement);

    [[nodiscard]] std::int64_t rows_written() const { return sqlite3_changes64(handle_.get()); }

  private:
    struct Close {
        void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    };

    static int on_busy(void* self, int attempt);
    // False when it is time to give up.
    [[nodiscard]] bool wait_for_others(int attempt);
    void open();
    void use_write_ahead_log();
    [[nodiscard]] sqlite3_stmt* compile(std::string_view statement) const;
    [[noreturn]] void fail(int result) const;
    [[nodiscard]] bool disk_is_full(int result) const;

    DatabaseFacts facts_;
    OpenOptions options_;
    std::chrono::steady_clock::time_point busy_since_;
    std::unique_ptr<sqlite3, Close> handle_;
    std::unordered_map<std::string, SqliteStatementHandle> idle_;
    // Declared last: it must be gone before the handle it interrupts.
    std::optional<std::stop_callback<std::function<void()>>> on_cancel_;
};

}  // namespace ingot::sql
