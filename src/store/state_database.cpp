// SPDX-License-Identifier: Apache-2.0
#include "store/state_database.h"

#include "os/files.h"

#include <array>

namespace ingot::store {
namespace {

// Times are RFC 3339 text (they sort as they are), tags and regions JSON, digests hexadecimal,
// flags 0 or 1. A column ending in _key is an ARM id in lower case, for comparison only. No table
// is STRICT: PostgreSQL has no such word, and SQLite's STRICT has no BIGINT.
constexpr std::string_view kFirstSchema = R"sql(
CREATE TABLE runs (
    id               TEXT PRIMARY KEY,
    template_name    TEXT NOT NULL,
    template_json    TEXT NOT NULL,
    template_folder  TEXT NOT NULL,
    exact_source     TEXT NOT NULL,
    state            TEXT NOT NULL,
    sub_state        TEXT NOT NULL,
    started          TEXT NOT NULL,
    ended            TEXT,
    failure_cause    TEXT NOT NULL,
    failure_code     TEXT NOT NULL,
    failure_message  TEXT NOT NULL,
    failure_step     TEXT NOT NULL,
    keep_vm_on_error BIGINT NOT NULL
);
CREATE TABLE run_events (
    run_id    TEXT NOT NULL REFERENCES runs (id),
    sequence  BIGINT NOT NULL,
    time      TEXT NOT NULL,
    kind      TEXT NOT NULL,
    step      TEXT NOT NULL,
    title     TEXT NOT NULL,
    stream    TEXT NOT NULL,
    text      TEXT NOT NULL,
    exit_code BIGINT,
    succeeded BIGINT NOT NULL,
    PRIMARY KEY (run_id, sequence)
);
CREATE TABLE run_outputs (
    run_id        TEXT NOT NULL,
    name          TEXT NOT NULL,
    template_name TEXT NOT NULL,
    artifact_id   TEXT NOT NULL,
    artifact_uri  TEXT NOT NULL,
    PRIMARY KEY (run_id, name)
);
CREATE TABLE managed_images (
    id_key        TEXT PRIMARY KEY,
    id            TEXT NOT NULL,
    location      TEXT NOT NULL,
    created       TEXT NOT NULL,
    tags          TEXT NOT NULL,
    digest        TEXT NOT NULL,
    virtual_size  BIGINT NOT NULL,
    data_size     BIGINT NOT NULL,
    generation    TEXT NOT NULL,
    os_type       TEXT NOT NULL,
    run_id        TEXT NOT NULL,
    template_name TEXT NOT NULL,
    source        TEXT NOT NULL
);
CREATE TABLE image_definitions (
    id_key     TEXT PRIMARY KEY,
    id         TEXT NOT NULL,
    generation TEXT NOT NULL,
    os_type    TEXT NOT NULL
);
CREATE TABLE image_versions (
    definition_key      TEXT NOT NULL REFERENCES image_definitions (id_key),
    major               BIGINT NOT NULL,
    minor               BIGINT NOT NULL,
    patch               BIGINT NOT NULL,
    regions             TEXT NOT NULL,
    exclude_from_latest BIGINT NOT NULL,
    published           TEXT NOT NULL,
    tags                TEXT NOT NULL,
    digest              TEXT NOT NULL,
    virtual_size        BIGINT NOT NULL,
    data_size           BIGINT NOT NULL,
    generation          TEXT NOT NULL,
    os_type             TEXT NOT NULL,
    run_id              TEXT NOT NULL,
    template_name       TEXT NOT NULL,
    source              TEXT NOT NULL,
    PRIMARY KEY (definition_key, major, minor, patch)
);
CREATE TABLE vhds (
    name          TEXT PRIMARY KEY,
    uri           TEXT NOT NULL,
    created       TEXT NOT NULL,
    tags          TEXT NOT NULL,
    digest        TEXT NOT NULL,
    virtual_size  BIGINT NOT NULL,
    data_size     BIGINT NOT NULL,
    generation    TEXT NOT NULL,
    os_type       TEXT NOT NULL,
    run_id        TEXT NOT NULL,
    template_name TEXT NOT NULL,
    source        TEXT NOT NULL
);
)sql";

// The service's own: resources, their operations, who may come in, what was done.
constexpr std::string_view kServiceSchema = R"sql(
CREATE TABLE resources (
    id_key           TEXT PRIMARY KEY,
    type_key         TEXT NOT NULL,
    subscription_key TEXT NOT NULL,
    group_key        TEXT NOT NULL,
    name_key         TEXT NOT NULL,
    id               TEXT NOT NULL,
    type             TEXT NOT NULL,
    location         TEXT NOT NULL,
    tags             TEXT NOT NULL,
    body             TEXT NOT NULL,
    internal         TEXT NOT NULL,
    etag             TEXT NOT NULL,
    created          TEXT NOT NULL,
    changed          TEXT NOT NULL
);
CREATE INDEX resources_by_type ON resources (type_key, subscription_key, group_key, id_key);
CREATE INDEX resources_by_group ON resources (subscription_key, group_key, id_key);
CREATE TABLE operations (
    id            TEXT PRIMARY KEY,
    subscription  TEXT NOT NULL,
    resource_key  TEXT NOT NULL,
    run_id        TEXT NOT NULL,
    status        TEXT NOT NULL,
    started       TEXT NOT NULL,
    ended         TEXT,
    error_code    TEXT NOT NULL,
    error_message TEXT NOT NULL
);
CREATE INDEX operations_by_status ON operations (status, run_id);
CREATE TABLE activities (
    id               TEXT PRIMARY KEY,
    time             TEXT NOT NULL,
    subscription_key TEXT NOT NULL,
    group_key        TEXT NOT NULL,
    caller           TEXT NOT NULL,
    action           TEXT NOT NULL,
    resource_id      TEXT NOT NULL,
    correlation_id   TEXT NOT NULL,
    status           TEXT NOT NULL
);
CREATE INDEX activities_by_time ON activities (subscription_key, time);
CREATE TABLE principals (
    client_id TEXT PRIMARY KEY,
    object_id TEXT NOT NULL,
    document  TEXT NOT NULL
);
CREATE INDEX principals_by_object ON principals (object_id);
ALTER TABLE runs ADD COLUMN template_key TEXT NOT NULL DEFAULT '';
CREATE INDEX runs_by_template ON runs (template_key, started);
)sql";

constexpr const char* kChoicesSchema = R"sql(
ALTER TABLE runs ADD COLUMN choices TEXT NOT NULL DEFAULT '{}';
ALTER TABLE runs ADD COLUMN template_arguments TEXT NOT NULL DEFAULT '';
)sql";

constexpr std::array kMigrations = {sql::Migration{.version = 1, .script = kFirstSchema},
                                    sql::Migration{.version = 2, .script = kServiceSchema},
                                    sql::Migration{.version = 3, .script = kChoicesSchema}};

}  // namespace

sql::Database open_state_database(const std::string& location, const sql::OpenOptions& options) {
    if (!sql::is_server(location)) {
        os::make_folders(os::Path(location).parent_path());
    }
    auto database = sql::Database::open(location, options);
    sql::migrate(database, kMigrations);
    return database;
}

std::span<const sql::Migration> state_migrations() {
    return kMigrations;
}

}  // namespace ingot::store
