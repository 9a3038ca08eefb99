// SPDX-License-Identifier: Apache-2.0
// Brings a database to the schema that this program knows. Forward only; the migrations themselves
// belong to whoever owns the tables.
#pragma once

#include "sql/database.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace ingot::sql {

struct Migration {
    std::int64_t version;     // 1, 2, 3, … without gaps
    std::string_view script;  // never changed once released
};

// Carries out what is missing, all of it in one transaction, and records it in the table
// schema_version. Several processes may call it at once: one migrates, the others wait for it.
// Throws Error{PreconditionFailed, DatabaseTooNew} for a database of a newer program.
void migrate(Database& database, std::span<const Migration> migrations);

}  // namespace ingot::sql
