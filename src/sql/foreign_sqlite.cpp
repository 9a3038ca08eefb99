// SPDX-License-Identifier: Apache-2.0
#include "sql/foreign_sqlite.h"

#include "base/error.h"

#include <memory>

#include <fmt/format.h>
#include <sqlite3.h>

namespace ingot::sql {
namespace {

struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};

struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

using Handle = std::unique_ptr<sqlite3, Close>;
using StatementHandle = std::unique_ptr<sqlite3_stmt, Finalize>;

[[noreturn]] void damaged(const os::Path& file, std::string_view why) {
    throw base::Error(base::ErrorKind::Corrupt,
                      "DatabaseDamaged",
                      fmt::format("{} cannot be read: {}", file.filename().string(), why),
                      file.filename().string());
}

// "Defense Against The Dark Arts", sqlite.org/security.html.
void distrust(sqlite3* handle) {
    constexpr int kLongestBlob = 64 << 20;
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kLongestBlob);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    sqlite3_exec(handle, "PRAGMA cell_size_check=ON", nullptr, nullptr, nullptr);
    sqlite3_exec(handle, "PRAGMA mmap_size=0", nullptr, nullptr, nullptr);
}

int stop_if_cancelled(void* cancellation) {
    return static_cast<const base::Cancellation*>(cancellation)->cause() ? 1 : 0;
}

Handle open(const os::Path& file, const base::Cancellation& cancellation) {
    sqlite3* opened = nullptr;
    // Not read-only: a write-ahead log can only be read by who may write its index.
    const int result = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
    Handle handle(opened);
    if (result != SQLITE_OK) {
        damaged(file, sqlite3_errstr(result));
    }
    distrust(opened);
    constexpr int kStepsBetween = 10'000;
    sqlite3_progress_handler(
        opened, kStepsBetween, stop_if_cancelled, const_cast<base::Cancellation*>(&cancellation));
    return handle;
}

}  // namespace

void for_each_blob(const os::Path& file,
                   const std::string& query,
                   base::ByteCount limit,
                   const BlobVisitor& visit,
                   const base::Cancellation& cancellation) {
    const auto handle = open(file, cancellation);
    sqlite3_stmt* prepared = nullptr;
    int result = sqlite3_prepare_v2(handle.get(), query.c_str(), -1, &prepared, nullptr);
    const StatementHandle statement(prepared);
    std::uint64_t seen = 0;
    if (result == SQLITE_OK) {
        for (result = sqlite3_step(prepared); result == SQLITE_ROW;
             result = sqlite3_step(prepared)) {
            const auto* bytes = static_cast<const char*>(sqlite3_column_blob(prepared, 0));
            const auto length = static_cast<std::size_t>(sqlite3_column_bytes(prepared, 0));
            seen += length + 1;
            if (seen > limit.bytes()) {
                damaged(file, "it holds more than a package database does");
            }
            visit(bytes == nullptr ? std::string_view() : std::string_view(bytes, length));
        }
    }
    cancellation.throw_if_cancelled();
    if (result != SQLITE_DONE) {
        damaged(file, sqlite3_errmsg(handle.get()));
    }
}

}  // namespace ingot::sql
