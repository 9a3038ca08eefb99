// SPDX-License-Identifier: Apache-2.0
#include "sql/database.h"

#include "base/error.h"
#include "sql/connection.h"

#include <string>
#include <utility>

#include <fmt/format.h>

namespace ingot::sql {

bool Row::next_is_null() {
    return sqlite3_column_type(statement_, ++column_) == SQLITE_NULL;
}

int Row::next_not_null() {
    if (next_is_null()) {
        throw connection_.corrupt(
            fmt::format("no value in column {}", sqlite3_column_name(statement_, column_)));
    }
    return column_;
}

std::string Row::text() {
    const int column = next_not_null();
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t Row::integer() {
    return sqlite3_column_int64(statement_, next_not_null());
}

std::optional<std::string> Row::optional_text() {
    if (next_is_null()) {
        return std::nullopt;
    }
    --column_;
    return text();
}

std::optional<std::int64_t> Row::optional_integer() {
    if (next_is_null()) {
        return std::nullopt;
    }
    --column_;
    return integer();
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

// To SQLite $1 is a name, not a number: it may stand anywhere and more than once.
int Statement::next_parameter() {
    const auto name = fmt::format("${}", ++bound_);
    return sqlite3_bind_parameter_index(statement_.get(), name.c_str());
}

Statement& Statement::bind(std::string_view value) {
    const char* const bytes = value.empty() ? "" : value.data();  // a null pointer would be NULL
    connection_.check(sqlite3_bind_text64(
        statement_.get(), next_parameter(), bytes, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(std::int64_t value) {
    connection_.check(sqlite3_bind_int64(statement_.get(), next_parameter(), value));
    return *this;
}

Statement& Statement::bind(std::nullopt_t /*null*/) {
    connection_.check(sqlite3_bind_null(statement_.get(), next_parameter()));
    return *this;
}

bool Statement::next() {
    return connection_.step(statement_.get());
}

std::int64_t Statement::run() {
    while (next()) {
    }
    const auto written = connection_.rows_written();
    sqlite3_reset(statement_.get());
    bound_ = 0;
    return written;
}

Database::Database(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

Database::~Database() = default;
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

Database Database::open(const std::filesystem::path& path, const OpenOptions& options) {
    return Database(std::make_unique<Connection>(path, options));
}

Statement Database::prepare(std::string_view statement) {
    return {*connection_, connection_->prepare(statement)};
}

void Database::execute(std::string_view script) {
    connection_->execute(script);
}

const std::filesystem::path& Database::path() const {
    return connection_->path();
}

Transaction::Transaction(Database& database) : connection_(*database.connection_) {
    connection_.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
    connection_.roll_back();
}

void Transaction::commit() {
    connection_.execute("COMMIT");
}

}  // namespace ingot::sql
