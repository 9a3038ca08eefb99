// SPDX-License-Identifier: Apache-2.0
#include "sql/migrate.h"

#include "base/error.h"
#include "base/timestamp.h"

#include <fmt/format.h>

namespace ingot::sql {
namespace {

std::int64_t current_version(Database& database) {
    auto query = database.prepare("SELECT COALESCE(MAX(version), 0) FROM schema_version");
    return query.next() ? query.row().integer() : 0;
}

void refuse_newer(const Database& database, std::int64_t current, std::int64_t newest_known) {
    if (current <= newest_known) {
        return;
    }
    const auto& name = database.name();
    throw base::Error(base::ErrorKind::PreconditionFailed,
                      "DatabaseTooNew",
                      fmt::format("the database {} was written by a newer Ingot (schema {}, this "
                                  "one knows up to {}); use that Ingot or another database",
                                  name,
                                  current,
                                  newest_known),
                      name);
}

}  // namespace

void migrate(Database& database, std::span<const Migration> migrations) {
    Transaction transaction(database);
    database.execute(
        "CREATE TABLE IF NOT EXISTS schema_version "
        "(version BIGINT PRIMARY KEY, applied TEXT NOT NULL)");
    const auto current = current_version(database);
    const auto newest = migrations.empty() ? 0 : migrations.back().version;
    refuse_newer(database, current, newest);
    for (const auto& migration : migrations) {
        if (migration.version > current) {
            database.execute(migration.script);
            database.prepare("INSERT INTO schema_version (version, applied) VALUES ($1, $2)")
                .bind(migration.version)
                .bind(base::to_rfc3339(base::now()))
                .run();
        }
    }
    if (current < newest) {
        database.settle_schema();
    }
    transaction.commit();
}

}  // namespace ingot::sql
