// SPDX-License-Identifier: Apache-2.0
#include "sql/postgres/postgres_connection.h"

#include "sql/errors.h"
#include "sql/postgres/postgres_errors.h"
#include "sql/postgres/postgres_statement.h"

#include <fmt/format.h>

namespace ingot::sql {
namespace {

// More than Ingot has; a limit for those that are put together from pieces.
constexpr std::size_t kMostPrepared = 500;

// One writer at a time, as in SQLite (docs/decisions/0008-two-databases.md). Each statement sees
// what was committed before it, and while the lock is held nobody else commits. The number is
// "ingot" in ASCII.
constexpr std::string_view kBeginWrite =
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock(452823838580)";

// SQLite compares text byte by byte; a server compares it as its administrator's language does,
// unless told otherwise. Only columns that this transaction has made, in tables of this schema.
constexpr std::string_view kSettleSchema = R"sql(
DO $settle$
DECLARE
    change text;
BEGIN
    FOR change IN
        SELECT format('ALTER TABLE %s %s', attrelid::regclass,
                      string_agg(format('ALTER COLUMN %I TYPE TEXT COLLATE "C"', attname), ', '))
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE relkind = 'r' AND nspname = current_schema()
            AND attnum > 0 AND NOT attisdropped AND atttypid = 'text'::regtype
            AND attcollation <> '"C"'::regcollation
            AND pg_attribute.xmin = pg_current_xact_id()::xid
        GROUP BY attrelid
    LOOP
        EXECUTE change;
    END LOOP;
END
$settle$
)sql";

}  // namespace

PostgresConnection::PostgresConnection(const std::string& url, const OpenOptions& options)
    : session_(url, options),
      facts_({.name = session_.name(),
              .repair = std::string(kPostgresRepair),
              .begin_write = kBeginWrite,
              .settle_schema = kSettleSchema}) {}

std::unique_ptr<PreparedStatement> PostgresConnection::prepare(std::string_view statement) {
    std::string text(statement);
    (void)prepared(text);  // says now what is wrong with it
    return std::make_unique<PostgresStatement>(*this, std::move(text));
}

const std::string& PostgresConnection::prepared(const std::string& statement) {
    if (const auto known = prepared_.find(statement); known != prepared_.end()) {
        return known->second;
    }
    if (prepared_.size() >= kMostPrepared) {
        session_.execute("DEALLOCATE ALL");
        prepared_.clear();
    }
    auto name = fmt::format("ingot_{}", prepared_.size());
    session_.prepare(name, statement);
    return prepared_.emplace(statement, std::move(name)).first->second;
}

Result PostgresConnection::run(const std::string& statement, const Parameters& parameters) {
    return session_.run(prepared(statement), parameters);
}

void PostgresConnection::execute(std::string_view script) {
    const auto result = session_.execute(std::string(script));
    // The server undoes what cannot be committed, and does not call that an error.
    if (script == "COMMIT" && std::string_view(PQcmdStatus(result.get())) != script) {
        throw unexpected(facts_.name,
                         "the transaction was undone, since a statement in it had failed");
    }
}

}  // namespace ingot::sql
