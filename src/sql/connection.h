// SPDX-License-Identifier: Apache-2.0
// The SQLite side of a Database: the handle, waiting for other writers, and the translation of
// result codes. Only this folder includes it.
#pragma once

#include "base/error.h"
#include "sql/database.h"

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>

#include <sqlite3.h>

namespace ingot::sql {

class Connection {
  public:
    Connection(std::filesystem::path path, OpenOptions options);
    ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] sqlite3_stmt* prepare(std::string_view statement) const;
    // Whether there is a row.
    [[nodiscard]] bool step(sqlite3_stmt* statement) const;
    void execute(std::string_view script) const;
    // For destructors: what it undoes is gone either way.
    void roll_back() const noexcept;

    // Throws what `result` means, unless it is SQLITE_OK.
    void check(int result) const;

    [[nodiscard]] base::Error corrupt(std::string_view finding) const;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

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
    [[noreturn]] void fail(int result) const;
    [[nodiscard]] bool disk_is_full(int result) const;

    std::filesystem::path path_;
    OpenOptions options_;
    std::chrono::steady_clock::time_point busy_since_;
    std::unique_ptr<sqlite3, Close> handle_;
    // Declared last: it must be gone before the handle it interrupts.
    std::optional<std::stop_callback<std::function<void()>>> on_cancel_;
};

}  // namespace ingot::sql
