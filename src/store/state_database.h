// SPDX-License-Identifier: Apache-2.0
// Opens the state database and brings it to the current schema (docs/formats/database.md). A
// location is the path of a SQLite file or the URL of a PostgreSQL database (docs/database.md).
// What is in it belongs to the stores.
#pragma once

#include "sql/database.h"
#include "sql/migrate.h"

#include <span>
#include <string>

namespace ingot::store {

// Makes the file and its folder if they are not there; a server's database must exist. Throws as
// sql::Database and sql::migrate do.
[[nodiscard]] sql::Database open_state_database(const std::string& location,
                                                const sql::OpenOptions& options = {});

// All steps from an empty database to the current schema.
[[nodiscard]] std::span<const sql::Migration> state_migrations();

}  // namespace ingot::store
