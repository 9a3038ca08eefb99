// SPDX-License-Identifier: Apache-2.0
#include "sql/postgres/postgres_statement.h"

#include "sql/postgres/postgres_connection.h"
#include "sql/postgres/utf8.h"

#include <charconv>
#include <utility>

namespace ingot::sql {
namespace {

// The numbers that the server's catalogue (pg_type.dat) has for these types, for good.
constexpr Oid kBoolean = 16;
constexpr Oid kInteger8 = 20;
constexpr Oid kInteger2 = 21;
constexpr Oid kInteger4 = 23;

std::int64_t to_integer(std::string_view text) {
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::optional<std::string> as_parameter(Value value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return std::to_string(*number);
    }
    auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? std::optional(as_utf8(std::move(*text))) : std::nullopt;
}

}  // namespace

PostgresStatement::PostgresStatement(PostgresConnection& connection, std::string text)
    : connection_(connection), text_(std::move(text)) {}

void PostgresStatement::bind(int parameter, Value value) {
    const auto count = static_cast<std::size_t>(parameter);
    if (parameters_.size() < count) {
        parameters_.resize(count);
    }
    parameters_[count - 1] = as_parameter(std::move(value));
}

bool PostgresStatement::next() {
    if (!result_) {
        result_ = connection_.run(text_, parameters_);
        row_ = -1;
    }
    return ++row_ < PQntuples(result_.get());
}

std::int64_t PostgresStatement::finish() {
    const auto written = result_ ? to_integer(PQcmdTuples(result_.get())) : 0;
    result_.reset();
    return written;
}

Value PostgresStatement::value(int column) const {
    if (PQgetisnull(result_.get(), row_, column) != 0) {
        return {};
    }
    const std::string_view text(PQgetvalue(result_.get(), row_, column),
                                static_cast<std::size_t>(PQgetlength(result_.get(), row_, column)));
    switch (PQftype(result_.get(), column)) {
        case kInteger8:
        case kInteger4:
        case kInteger2:
            return to_integer(text);
        case kBoolean:
            return std::int64_t{text == "t" ? 1 : 0};
        default:
            return std::string(text);
    }
}

std::string PostgresStatement::column_name(int column) const {
    const char* const name = PQfname(result_.get(), column);
    return name == nullptr ? "?" : name;
}

}  // namespace ingot::sql
