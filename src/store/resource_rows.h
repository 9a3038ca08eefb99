// SPDX-License-Identifier: Apache-2.0
// Rows of the table resources, read and written inside the caller's transaction. Expectations,
// activities and paging are resource_store.h's.
#pragma once

#include "resources/resource.h"
#include "sql/database.h"

#include <optional>
#include <string>
#include <string_view>

namespace ingot::store {

// The beginning of every SELECT whose rows read_resource() reads.
inline constexpr std::string_view kSelectResources =
    "SELECT id, type, location, tags, body, internal, etag, created, changed FROM resources ";

[[nodiscard]] resources::Resource read_resource(sql::Row row);
[[nodiscard]] std::optional<resources::Resource> find_resource(sql::Database& database,
                                                               const std::string& key);

// Inserts, or replaces all but id and time of creation. Returns the new etag.
std::string write_resource(sql::Database& database, const resources::Resource& resource);

void remove_resource(sql::Database& database, const std::string& key);

// The group and subscription that a key names; empty where it names none.
struct Home {
    std::string subscription;
    std::string group;

    explicit Home(const std::string& key);
};

}  // namespace ingot::store
