// SPDX-License-Identifier: Apache-2.0
#include "sql/sqlite/sqlite_statement.h"

#include "sql/sqlite/sqlite_connection.h"

#include <fmt/format.h>

namespace ingot::sql {

SqliteStatement::~SqliteStatement() {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
    connection_.keep(std::move(text_), std::move(statement_));
}

int SqliteStatement::bind_at(int index, const Value& value) const {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return sqlite3_bind_int64(statement_.get(), index, *number);
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        return sqlite3_bind_text64(
            statement_.get(), index, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    return sqlite3_bind_null(statement_.get(), index);
}

// To SQLite $1 is a name, not a number: it may stand anywhere and more than once.
void SqliteStatement::bind(int parameter, Value value) {
    const auto name = fmt::format("${}", parameter);
    connection_.check(bind_at(sqlite3_bind_parameter_index(statement_.get(), name.c_str()), value));
}

bool SqliteStatement::next() {
    return connection_.step(statement_.get());
}

std::int64_t SqliteStatement::finish() {
    const auto written = connection_.rows_written();
    sqlite3_reset(statement_.get());
    return written;
}

Value SqliteStatement::value(int column) const {
    switch (sqlite3_column_type(statement_.get(), column)) {
        case SQLITE_NULL:
            return {};
        case SQLITE_INTEGER:
            return sqlite3_column_int64(statement_.get(), column);
        default:
            break;
    }
    const auto* bytes =
        reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    return std::string(bytes,
                       static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

std::string SqliteStatement::column_name(int column) const {
    return sqlite3_column_name(statement_.get(), column);
}

}  // namespace ingot::sql
