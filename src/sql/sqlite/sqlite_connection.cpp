// SPDX-License-Identifier: Apache-2.0
#include "sql/sqlite/sqlite_connection.h"

#include "os/wait.h"
#include "sql/errors.h"
#include "sql/sqlite/sqlite_statement.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

namespace ingot::sql {
namespace {

bool is_duplicate_key(int result) {
    return result == SQLITE_CONSTRAINT_PRIMARYKEY || result == SQLITE_CONSTRAINT_UNIQUE;
}

// The primary result code is the low byte of an extended one (sqlite.org/rescode.html).
int primary(int result) {
    return result & 0xff;
}

constexpr std::size_t kMostIdleStatements = 100;

DatabaseFacts facts_of(std::string path) {
    auto repair = fmt::format(
        "put a backup in its place, or save what can be saved with: sqlite3 {} .recover", path);
    return {.name = std::move(path),
            .repair = std::move(repair),
            .begin_write = "BEGIN IMMEDIATE",
            .settle_schema = {},
            .data_version = "PRAGMA data_version"};
}

}  // namespace

SqliteConnection::SqliteConnection(std::string path, OpenOptions options)
    : facts_(facts_of(std::move(path))), options_(std::move(options)) {
    open();
    on_cancel_.emplace(options_.cancellation.token(),
                       [handle = handle_.get()] { sqlite3_interrupt(handle); });
}

void SqliteConnection::open() {
    static std::once_flag configured;
    // Memory statistics nobody reads would make all threads wait for one lock.
    std::call_once(configured, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
    const auto& path = facts_.name;
    std::error_code ignored;  // opening says it better
    const bool is_new = !std::filesystem::exists(path, ignored);
    sqlite3* handle = nullptr;
    const int opened = sqlite3_open_v2(
        path.c_str(),
        &handle,
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
        nullptr);
    handle_.reset(handle);
    check(opened);
    if (is_new) {
        // Templates may carry secrets. The -wal and -shm files take over this mode.
        ::chmod(path.c_str(), 0600);
    }
    sqlite3_busy_handler(handle, &SqliteConnection::on_busy, this);
    use_write_ahead_log();
    execute("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
}

// SQLite does not call the busy handler when two connections want to change the journal mode of a
// new file at once, so the waiting is done here.
void SqliteConnection::use_write_ahead_log() {
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> pragma(
        compile("PRAGMA journal_mode = WAL"), &sqlite3_finalize);
    int result = sqlite3_step(pragma.get());
    for (int attempt = 0; primary(result) == SQLITE_BUSY && wait_for_others(attempt); ++attempt) {
        sqlite3_reset(pragma.get());
        result = sqlite3_step(pragma.get());
    }
    check(result == SQLITE_ROW ? SQLITE_OK : result);
    const auto* mode = reinterpret_cast<const char*>(sqlite3_column_text(pragma.get(), 0));
    if (mode == nullptr || std::string_view(mode) != "wal") {
        throw unavailable(facts_.name,
                          "its file system has no shared memory, which the database needs; use a "
                          "state folder on a local disk");
    }
}

int SqliteConnection::on_busy(void* self, int attempt) {
    try {
        return static_cast<SqliteConnection*>(self)->wait_for_others(attempt) ? 1 : 0;
    } catch (const std::exception&) {
        // Nothing may be thrown through SQLite; it answers SQLITE_BUSY, and fail() sees the cancel.
        return 0;
    }
}

bool SqliteConnection::wait_for_others(int attempt) {
    using std::chrono::milliseconds;
    const auto now = std::chrono::steady_clock::now();
    if (attempt == 0) {
        busy_since_ = now;
    }
    if (now - busy_since_ >= options_.busy_timeout) {
        return false;
    }
    // A writer holds the lock for about a millisecond; nothing tells when it lets go.
    os::pause_for(milliseconds(std::min(1 << std::min(attempt, 4), 10)), options_.cancellation);
    return true;
}

sqlite3_stmt* SqliteConnection::compile(std::string_view statement) const {
    sqlite3_stmt* compiled = nullptr;
    check(sqlite3_prepare_v3(handle_.get(),
                             statement.data(),
                             static_cast<int>(statement.size()),
                             SQLITE_PREPARE_PERSISTENT,
                             &compiled,
                             nullptr));
    return compiled;
}

std::unique_ptr<PreparedStatement> SqliteConnection::prepare(std::string_view statement) {
    std::string text(statement);
    auto known = idle_.extract(text);
    auto compiled =
        known.empty() ? SqliteStatementHandle(compile(statement)) : std::move(known.mapped());
    return std::make_unique<SqliteStatement>(*this, std::move(text), std::move(compiled));
}

void SqliteConnection::keep(std::string text, SqliteStatementHandle statement) {
    if (idle_.size() < kMostIdleStatements) {
        idle_.insert_or_assign(std::move(text), std::move(statement));
    }
}

bool SqliteConnection::step(sqlite3_stmt* statement) const {
    options_.cancellation.throw_if_cancelled();
    const int result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        return true;
    }
    if (result != SQLITE_DONE) {
        fail(result);
    }
    return false;
}

void SqliteConnection::execute(std::string_view script) {
    options_.cancellation.throw_if_cancelled();
    check(sqlite3_exec(handle_.get(), std::string(script).c_str(), nullptr, nullptr, nullptr));
}

void SqliteConnection::roll_back() noexcept {
    // SQLite has undone the transaction itself after some errors (a full disk, for one).
    if (sqlite3_get_autocommit(handle_.get()) == 0) {
        sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
}

void SqliteConnection::check(int result) const {
    if (result != SQLITE_OK) {
        fail(result);
    }
}

bool SqliteConnection::disk_is_full(int result) const {
    if (primary(result) == SQLITE_FULL || result == SQLITE_IOERR_SHMSIZE) {
        return true;
    }
    const int cause = primary(result) == SQLITE_IOERR ? sqlite3_system_errno(handle_.get()) : 0;
    return cause == ENOSPC || cause == EDQUOT || cause == EFBIG;
}

void SqliteConnection::fail(int result) const {
    const auto& path = facts_.name;
    const std::string_view finding =
        handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(result);
    if (primary(result) == SQLITE_INTERRUPT || primary(result) == SQLITE_BUSY) {
        options_.cancellation.throw_if_cancelled();
    }
    if (disk_is_full(result)) {
        throw disk_full(path);
    }
    switch (primary(result)) {
        case SQLITE_BUSY:
            throw stayed_locked(path, fmt::format("has it open with: fuser -v {}", path));
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            throw damaged(path, finding, facts_.repair);
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_IOERR:
        case SQLITE_PROTOCOL:
        case SQLITE_NOMEM:
            throw unavailable(path, finding);
        case SQLITE_CONSTRAINT:
            throw is_duplicate_key(result) ? duplicate_key(path, finding)
                                           : constraint_violated(path, finding);
        default:
            throw unexpected(path, finding);
    }
}

}  // namespace ingot::sql
