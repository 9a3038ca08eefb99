// SPDX-License-Identifier: Apache-2.0
// Opens the state database and brings it to the current schema (docs/formats/database.md). What is
// in it belongs to RunStore and ImageStore, which share one connection on one thread.
#pragma once

#include "sql/database.h"
#include "sql/migrate.h"

#include <filesystem>
#include <span>

namespace ingot::store {

// Makes the file and its folder if they are not there. Throws as sql::Database and sql::migrate do.
[[nodiscard]] sql::Database open_state_database(const std::filesystem::path& path,
                                                const sql::OpenOptions& options = {});

// All steps from an empty database to the current schema.
[[nodiscard]] std::span<const sql::Migration> state_migrations();

}  // namespace ingot::store
