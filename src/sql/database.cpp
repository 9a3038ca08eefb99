// SPDX-License-Identifier: Apache-2.0
#include "sql/database.h"

#include "sql/driver.h"
#include "sql/errors.h"
#include "sql/postgres/postgres_connection.h"
#include "sql/sqlite/sqlite_connection.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace ingot::sql {
namespace {

std::unique_ptr<Connection> connect(const std::string& location, const OpenOptions& options) {
    if (is_server(location)) {
        return std::make_unique<PostgresConnection>(location, options);
    }
    return std::make_unique<SqliteConnection>(location, options);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                      : std::nullopt;
}

}  // namespace

bool is_server(std::string_view location) {
    return location.starts_with("postgresql://") || location.starts_with("postgres://");
}

void Row::refuse(std::string_view what) const {
    throw damaged(connection_.facts().name,
                  fmt::format("{} in column {}", what, statement_.column_name(column_)),
                  connection_.facts().repair);
}

std::string Row::text() {
    auto value = optional_text();
    if (!value) {
        refuse("no value");
    }
    return std::move(*value);
}

std::int64_t Row::integer() {
    const auto value = optional_integer();
    if (!value) {
        refuse("no value");
    }
    return *value;
}

std::optional<std::string> Row::optional_text() {
    auto value = statement_.value(++column_);
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return std::to_string(*number);
    }
    auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? std::optional(std::move(*text)) : std::nullopt;
}

std::optional<std::int64_t> Row::optional_integer() {
    const auto value = statement_.value(++column_);
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr) {
        const auto* number = std::get_if<std::int64_t>(&value);
        return number != nullptr ? std::optional(*number) : std::nullopt;
    }
    const auto number = parse_integer(*text);
    if (!number) {
        refuse("no number");
    }
    return number;
}

Statement::Statement(const Connection& connection, std::unique_ptr<PreparedStatement> statement)
    : connection_(connection), statement_(std::move(statement)) {}

Statement::Statement(Statement&&) noexcept = default;
Statement::~Statement() = default;

Statement& Statement::bind_value(Value value) {
    statement_->bind(++bound_, std::move(value));
    return *this;
}

bool Statement::next() {
    return statement_->next();
}

std::int64_t Statement::run() {
    while (next()) {
    }
    bound_ = 0;
    return statement_->finish();
}

Database::Database(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

Database::~Database() = default;
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;

Database Database::open(const std::string& location, const OpenOptions& options) {
    return Database(connect(location, options));
}

Statement Database::prepare(std::string_view statement) {
    return {*connection_, connection_->prepare(statement)};
}

void Database::execute(std::string_view script) {
    connection_->execute(script);
}

const std::string& Database::name() const {
    return connection_->facts().name;
}

std::optional<std::int64_t> Database::data_version() {
    const auto query = connection_->facts().data_version;
    if (query.empty()) {
        return std::nullopt;
    }
    auto statement = prepare(query);
    return statement.next() ? std::optional(statement.row().integer()) : std::nullopt;
}

bool Database::is_usable() noexcept {
    return connection_->is_usable();
}

void Database::settle_schema() {
    if (const auto script = connection_->facts().settle_schema; !script.empty()) {
        connection_->execute(script);
    }
}

Transaction::RollBack::~RollBack() {
    connection.roll_back();
}

Transaction::Transaction(Database& database) : otherwise_(*database.connection_) {
    otherwise_.connection.execute(otherwise_.connection.facts().begin_write);
}

void Transaction::commit() {
    otherwise_.connection.execute("COMMIT");
}

}  // namespace ingot::sql
