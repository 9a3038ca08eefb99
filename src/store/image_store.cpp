// SPDX-License-Identifier: Apache-2.0
#include "store/image_store.h"

#include "base/ascii.h"
#include "resources/request_path.h"
#include "store/columns.h"
#include "store/image_documents.h"
#include "store/image_mirror.h"
#include "store/image_rows.h"
#include "store/resource_rows.h"

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
    if (output.run_id.empty()) {
        return;  // no run made it
    }
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

std::optional<gallery::ImageDefinition> read_definition(sql::Database& database,
                                                        const std::string& key) {
    const auto row = find_definition(database, key);
    const auto document = find_resource(database, key);
    const bool is_declared = document && !is_implied(*document);
    if (!row || (!is_declared && versions_in(database, key).empty())) {
        return std::nullopt;
    }
    const auto generation = arm::hyper_v_generation_from(row->generation);
    if (!generation) {
        throw unreadable_column("generation");
    }
    return gallery::ImageDefinition{.id = row->id,
                                    .generation = *generation,
                                    .os_type = row->os_type,
                                    .for_specialized = document && is_for_specialized(*document)};
}

// The id of the definition that takes the version. One that is for nothing yet becomes what its
// first image is.
std::string definition_for(sql::Database& database, const ImageVersion& version) {
    const auto key = base::to_lower(version.definition_id);
    if (const auto settled = read_definition(database, key)) {
        gallery::require_fit(*settled, version.content.generation, version.content.os_type);
        return settled->id;
    }
    const auto known = find_definition(database, key);
    const DefinitionRow adopted{.id = known ? known->id : version.definition_id,
                                .generation = arm::to_string(version.content.generation),
                                .os_type = version.content.os_type};
    write_definition(database, adopted);
    return adopted.id;
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

}  // namespace

void ImageStore::publish(const ManagedImage& image, const RunOutput& output) {
    const auto database = pool_.borrow();
    sql::Transaction transaction(*database);
    write_managed_image(*database, image);
    list_document(*database, image);
    insert_output(*database, output);
    transaction.commit();
}

ImageVersion ImageStore::publish(ImageVersion version, const Numbering& number, RunOutput output) {
    const auto database = pool_.borrow();
    sql::Transaction transaction(*database);
    const auto existing = versions_in(*database, base::to_lower(version.definition_id));
    version.definition_id = definition_for(*database, version);
    version.number = number(existing);
    refuse_taken(existing, version);
    insert_version(*database, version);
    list_document(*database, version);
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

std::optional<gallery::ImageDefinition> ImageStore::definition(const std::string& id) {
    const auto database = pool_.borrow();
    return read_definition(*database, base::to_lower(id));
}

bool ImageStore::remove(const std::string& id_or_vhd_name) {
    const auto database = pool_.borrow();
    sql::Transaction transaction(*database);
    const bool removed = remove_version(*database, id_or_vhd_name) ||
                         remove_managed_image(*database, id_or_vhd_name);
    if (removed) {
        remove_resource(*database, resources::key_of(id_or_vhd_name));
    }
    const auto vhds =
        database->prepare("DELETE FROM vhds WHERE name = $1").bind(id_or_vhd_name).run();
    transaction.commit();
    return removed || vhds > 0;
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
