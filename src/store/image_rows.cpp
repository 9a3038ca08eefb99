// SPDX-License-Identifier: Apache-2.0
#include "store/image_rows.h"

#include "base/ascii.h"
#include "store/columns.h"

namespace ingot::store {

using gallery::ImageVersion;
using gallery::ManagedImage;
using gallery::VersionNumber;

std::optional<DefinitionRow> find_definition(sql::Database& database, const std::string& key) {
    auto query =
        database.prepare("SELECT id, generation, os_type FROM image_definitions WHERE id_key = $1");
    if (!query.bind(key).next()) {
        return std::nullopt;
    }
    auto row = query.row();
    return DefinitionRow{.id = row.text(), .generation = row.text(), .os_type = row.text()};
}

void write_definition(sql::Database& database, const DefinitionRow& definition) {
    database
        .prepare(
            "INSERT INTO image_definitions (id_key, id, generation, os_type) "
            "VALUES ($1, $2, $3, $4) ON CONFLICT (id_key) DO UPDATE SET "
            "generation = excluded.generation, os_type = excluded.os_type")
        .bind(base::to_lower(definition.id))
        .bind(definition.id)
        .bind(definition.generation)
        .bind(definition.os_type)
        .run();
}

void remove_definition(sql::Database& database, const std::string& key) {
    database.prepare("DELETE FROM image_definitions WHERE id_key = $1").bind(key).run();
}

std::vector<VersionNumber> versions_in(sql::Database& database, const std::string& definition_key) {
    auto query = database.prepare(
        "SELECT major, minor, patch FROM image_versions WHERE definition_key = $1 "
        "ORDER BY major, minor, patch");
    query.bind(definition_key);
    std::vector<VersionNumber> numbers;
    while (query.next()) {
        auto row = query.row();
        numbers.push_back({.major = static_cast<std::uint32_t>(row.integer()),
                           .minor = static_cast<std::uint32_t>(row.integer()),
                           .patch = static_cast<std::uint32_t>(row.integer())});
    }
    return numbers;
}

void insert_version(sql::Database& database, const ImageVersion& version) {
    auto insert = database.prepare(
        "INSERT INTO image_versions (definition_key, major, minor, patch, regions, "
        "exclude_from_latest, published, tags, digest, virtual_size, data_size, generation, "
        "os_type, run_id, template_name, source) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)");
    insert.bind(base::to_lower(version.definition_id))
        .bind(std::int64_t{version.number.major})
        .bind(std::int64_t{version.number.minor})
        .bind(std::int64_t{version.number.patch})
        .bind(regions_to_json(version.regions))
        .bind(version.exclude_from_latest)
        .bind(base::to_rfc3339(version.published))
        .bind(tags_to_json(version.tags));
    bind_content(insert, version.content);
    bind_provenance(insert, version.provenance);
    insert.run();
}

void revise_version(sql::Database& database, const ImageVersion& version) {
    database
        .prepare(
            "UPDATE image_versions SET regions = $5, exclude_from_latest = $6, tags = $7 "
            "WHERE definition_key = $1 AND major = $2 AND minor = $3 AND patch = $4")
        .bind(base::to_lower(version.definition_id))
        .bind(std::int64_t{version.number.major})
        .bind(std::int64_t{version.number.minor})
        .bind(std::int64_t{version.number.patch})
        .bind(regions_to_json(version.regions))
        .bind(version.exclude_from_latest)
        .bind(tags_to_json(version.tags))
        .run();
}

bool remove_version(sql::Database& database, std::string_view id) {
    const auto reference = gallery::split_version_id(id);
    const auto number = reference ? VersionNumber::parse(reference->version) : std::nullopt;
    if (!number) {
        return false;
    }
    return database
               .prepare(
                   "DELETE FROM image_versions WHERE definition_key = $1 AND major = $2 AND minor "
                   "= $3 "
                   "AND patch = $4")
               .bind(base::to_lower(reference->definition_id))
               .bind(std::int64_t{number->major})
               .bind(std::int64_t{number->minor})
               .bind(std::int64_t{number->patch})
               .run() > 0;
}

ImageVersion read_version(sql::Row row) {
    ImageVersion version;
    version.definition_id = row.text();
    version.number = {.major = static_cast<std::uint32_t>(row.integer()),
                      .minor = static_cast<std::uint32_t>(row.integer()),
                      .patch = static_cast<std::uint32_t>(row.integer())};
    version.regions = read_regions(row);
    version.exclude_from_latest = row.integer() != 0;
    version.published = read_time(row, "published");
    version.tags = read_tags(row);
    version.content = read_content(row);
    version.provenance = read_provenance(row);
    return version;
}

void write_managed_image(sql::Database& database, const ManagedImage& image) {
    auto upsert = database.prepare(
        "INSERT INTO managed_images (id_key, id, location, created, tags, digest, virtual_size, "
        "data_size, generation, os_type, run_id, template_name, source) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) "
        "ON CONFLICT (id_key) DO UPDATE SET location = excluded.location, "
        "created = excluded.created, tags = excluded.tags, digest = excluded.digest, "
        "virtual_size = excluded.virtual_size, data_size = excluded.data_size, "
        "generation = excluded.generation, os_type = excluded.os_type, run_id = excluded.run_id, "
        "template_name = excluded.template_name, source = excluded.source");
    upsert.bind(base::to_lower(image.id))
        .bind(image.id)
        .bind(image.location)
        .bind(base::to_rfc3339(image.created))
        .bind(tags_to_json(image.tags));
    bind_content(upsert, image.content);
    bind_provenance(upsert, image.provenance);
    upsert.run();
}

void revise_managed_image(sql::Database& database, std::string_view id, const Tags& tags) {
    database.prepare("UPDATE managed_images SET tags = $2 WHERE id_key = $1")
        .bind(base::to_lower(id))
        .bind(tags_to_json(tags))
        .run();
}

bool remove_managed_image(sql::Database& database, std::string_view id) {
    return database.prepare("DELETE FROM managed_images WHERE id_key = $1")
               .bind(base::to_lower(id))
               .run() > 0;
}

ManagedImage read_managed_image(sql::Row row) {
    ManagedImage image;
    image.id = row.text();
    image.location = row.text();
    image.created = read_time(row, "created");
    image.tags = read_tags(row);
    image.content = read_content(row);
    image.provenance = read_provenance(row);
    return image;
}

}  // namespace ingot::store
