// SPDX-License-Identifier: Apache-2.0
#include "store/image_store.h"

#include "base/ascii.h"
#include "store/columns.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace ingot::store {
namespace {

using base::Error;
using base::ErrorKind;
using gallery::ImageVersion;
using gallery::ManagedImage;
using gallery::RunOutput;
using gallery::VersionNumber;
using gallery::Vhd;

void insert_output(sql::Database& database, const RunOutput& output) {
    database
        .prepare(
            "INSERT INTO run_outputs (run_id, name, template_name, artifact_id, artifact_uri) "
            "VALUES ($1, $2, $3, $4, $5)")
        .bind(output.run_id)
        .bind(output.name)
        .bind(output.template_name)
        .bind(output.artifact_id)
        .bind(output.artifact_uri)
        .run();
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

struct Definition {
    std::string id;  // case as first written
    std::string generation;
    std::string os_type;
};

// An empty definition takes on what its first image is.
Definition adopt_definition(sql::Database& database, const ImageVersion& version, bool empty) {
    Definition wanted = {.id = version.definition_id,
                         .generation = arm::to_string(version.content.generation),
                         .os_type = version.content.os_type};
    const auto key = base::to_lower(wanted.id);
    auto insert = database.prepare(
        "INSERT INTO image_definitions (id_key, id, generation, os_type) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (id_key) DO NOTHING");
    insert.bind(key).bind(wanted.id).bind(wanted.generation).bind(wanted.os_type).run();
    if (empty) {
        database
            .prepare("UPDATE image_definitions SET generation = $2, os_type = $3 WHERE id_key = $1")
            .bind(key)
            .bind(wanted.generation)
            .bind(wanted.os_type)
            .run();
    }
    auto query =
        database.prepare("SELECT id, generation, os_type FROM image_definitions WHERE id_key = $1");
    if (!query.bind(key).next()) {
        return wanted;
    }
    auto row = query.row();
    return {.id = row.text(), .generation = row.text(), .os_type = row.text()};
}

void refuse_other_kind(const Definition& definition, const gallery::DiskContent& content) {
    const auto generation = arm::to_string(content.generation);
    if (definition.generation != generation || definition.os_type != content.os_type) {
        throw Error(ErrorKind::Conflict,
                    "ImageDefinitionMismatch",
                    fmt::format("image definition {} holds {} images of generation {}, this one is "
                                "{} of generation {}; publish it to another definition",
                                definition.id,
                                definition.os_type,
                                definition.generation,
                                content.os_type,
                                generation),
                    definition.id);
    }
}

void refuse_taken(const std::vector<VersionNumber>& existing, const ImageVersion& version) {
    if (std::ranges::find(existing, version.number) != existing.end()) {
        throw Error(ErrorKind::AlreadyExists,
                    "ImageVersionExists",
                    fmt::format("there is already an image version {}; versions never change, "
                                "choose another number",
                                version.id()),
                    version.id());
    }
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

Vhd read_vhd(sql::Row row) {
    Vhd vhd;
    vhd.name = row.text();
    vhd.uri = row.text();
    vhd.created = read_time(row, "created");
    vhd.tags = read_tags(row);
    vhd.content = read_content(row);
    vhd.provenance = read_provenance(row);
    return vhd;
}

RunOutput read_output(sql::Row row) {
    return {.run_id = row.text(),
            .template_name = row.text(),
            .name = row.text(),
            .artifact_id = row.text(),
            .artifact_uri = row.text()};
}

template <typename Read>
auto read_all(sql::Statement query, Read&& read) {
    std::vector<decltype(read(query.row()))> values;
    while (query.next()) {
        values.push_back(read(query.row()));
    }
    return values;
}

std::int64_t remove_version(sql::Database& database, const std::string& id) {
    const auto reference = gallery::split_version_id(id);
    const auto number = reference ? VersionNumber::parse(reference->version) : std::nullopt;
    if (!number) {
        return 0;
    }
    return database
        .prepare(
            "DELETE FROM image_versions WHERE definition_key = $1 AND major = $2 AND minor = $3 "
            "AND patch = $4")
        .bind(base::to_lower(reference->definition_id))
        .bind(std::int64_t{number->major})
        .bind(std::int64_t{number->minor})
        .bind(std::int64_t{number->patch})
        .run();
}

}  // namespace

void ImageStore::publish(const ManagedImage& image, const RunOutput& output) {
    const auto database = pool_.borrow();
    sql::Transaction transaction(*database);
    auto upsert = database->prepare(
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
    insert_output(*database, output);
    transaction.commit();
}

ImageVersion ImageStore::publish(ImageVersion version, const Numbering& number, RunOutput output) {
    const auto database = pool_.borrow();
    sql::Transaction transaction(*database);
    const auto existing = versions_in(*database, base::to_lower(version.definition_id));
    const auto definition = adopt_definition(*database, version, existing.empty());
    refuse_other_kind(definition, version.content);
    version.definition_id = definition.id;
    version.number = number(existing);
    refuse_taken(existing, version);
    insert_version(*database, version);
    output.artifact_id = version.id();
    insert_output(*database, output);
    transaction.commit();
    return version;
}

void ImageStore::publish(const Vhd& vhd, const RunOutput& output) {
    const auto database = pool_.borrow();
    sql::Transaction transaction(*database);
    auto insert = database->prepare(
        "INSERT INTO vhds (name, uri, created, tags, digest, virtual_size, data_size, generation, "
        "os_type, run_id, template_name, source) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
    insert.bind(vhd.name)
        .bind(vhd.uri)
        .bind(base::to_rfc3339(vhd.created))
        .bind(tags_to_json(vhd.tags));
    bind_content(insert, vhd.content);
    bind_provenance(insert, vhd.provenance);
    insert.run();
    insert_output(*database, output);
    transaction.commit();
}

std::vector<ManagedImage> ImageStore::managed_images() {
    const auto database = pool_.borrow();
    return read_all(
        database->prepare("SELECT id, location, created, tags, digest, virtual_size, data_size, "
                          "generation, os_type, run_id, template_name, source "
                          "FROM managed_images ORDER BY id_key"),
        read_managed_image);
}

std::vector<ImageVersion> ImageStore::versions() {
    const auto database = pool_.borrow();
    return read_all(
        database->prepare("SELECT d.id, v.major, v.minor, v.patch, v.regions, "
                          "v.exclude_from_latest, v.published, v.tags, v.digest, v.virtual_size, "
                          "v.data_size, v.generation, v.os_type, v.run_id, v.template_name, "
                          "v.source FROM image_versions v "
                          "JOIN image_definitions d ON d.id_key = v.definition_key "
                          "ORDER BY v.definition_key, v.major, v.minor, v.patch"),
        read_version);
}

std::vector<Vhd> ImageStore::vhds() {
    const auto database = pool_.borrow();
    return read_all(
        database->prepare("SELECT name, uri, created, tags, digest, virtual_size, data_size, "
                          "generation, os_type, run_id, template_name, source "
                          "FROM vhds ORDER BY name"),
        read_vhd);
}

std::vector<RunOutput> ImageStore::outputs_of(const std::string& run_id) {
    const auto database = pool_.borrow();
    auto query = database->prepare(
        "SELECT run_id, template_name, name, artifact_id, artifact_uri FROM run_outputs "
        "WHERE run_id = $1 ORDER BY name");
    query.bind(run_id);
    return read_all(std::move(query), read_output);
}

bool ImageStore::remove(const std::string& id_or_vhd_name) {
    const auto database = pool_.borrow();
    sql::Transaction transaction(*database);
    const auto removed =
        remove_version(*database, id_or_vhd_name) +
        database->prepare("DELETE FROM managed_images WHERE id_key = $1")
            .bind(base::to_lower(id_or_vhd_name))
            .run() +
        database->prepare("DELETE FROM vhds WHERE name = $1").bind(id_or_vhd_name).run();
    transaction.commit();
    return removed > 0;
}

bool ImageStore::uses(const base::Sha256Digest& disk) {
    const auto database = pool_.borrow();
    auto query = database->prepare(
        "SELECT digest FROM managed_images WHERE digest = $1 "
        "UNION ALL SELECT digest FROM image_versions WHERE digest = $1 "
        "UNION ALL SELECT digest FROM vhds WHERE digest = $1 LIMIT 1");
    return query.bind(disk.hex()).next();
}

}  // namespace ingot::store
