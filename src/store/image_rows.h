// SPDX-License-Identifier: Apache-2.0
// Rows of the tables that runs ask about images: managed_images, image_definitions, image_versions.
// Inside the caller's transaction; what may be written is image_store.h's decision, the documents
// of the same images are image_mirror.h's.
#pragma once

#include "gallery/images.h"
#include "sql/database.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::store {

struct DefinitionRow {
    std::string id{};  // case as first written
    std::string generation{};
    std::string os_type{};
};

[[nodiscard]] std::optional<DefinitionRow> find_definition(sql::Database& database,
                                                           const std::string& key);
// Inserts, or replaces generation and OS.
void write_definition(sql::Database& database, const DefinitionRow& definition);
// Throws Error{Conflict} while versions of it exist.
void remove_definition(sql::Database& database, const std::string& key);

// In rising order.
[[nodiscard]] std::vector<gallery::VersionNumber> versions_in(sql::Database& database,
                                                              const std::string& definition_key);
void insert_version(sql::Database& database, const gallery::ImageVersion& version);
// Regions, exclusion from latest and tags; the rest never changes.
void revise_version(sql::Database& database, const gallery::ImageVersion& version);
// Whether it was there. `id` in any case; false for what is no version's id.
bool remove_version(sql::Database& database, std::string_view id);
// Of a row that begins with the definition's id.
[[nodiscard]] gallery::ImageVersion read_version(sql::Row row);

// Inserts, or replaces the one of the same id.
void write_managed_image(sql::Database& database, const gallery::ManagedImage& image);
void revise_managed_image(sql::Database& database,
                          std::string_view id,
                          const std::map<std::string, std::string>& tags);
bool remove_managed_image(sql::Database& database, std::string_view id);
[[nodiscard]] gallery::ManagedImage read_managed_image(sql::Row row);

}  // namespace ingot::store
