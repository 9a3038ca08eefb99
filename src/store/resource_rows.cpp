// SPDX-License-Identifier: Apache-2.0
#include "store/resource_rows.h"

#include "base/ascii.h"
#include "base/json.h"
#include "base/uuid.h"
#include "resources/request_path.h"
#include "store/columns.h"

#include <boost/json/serialize.hpp>

namespace ingot::store {
namespace {

using resources::Resource;

boost::json::object read_object(sql::Row& row, std::string_view column) {
    auto value = base::parse_own_json(row.text(), column);
    if (!value.is_object()) {
        throw unreadable_column(column);
    }
    return std::move(value.get_object());
}

}  // namespace

Resource read_resource(sql::Row row) {
    return {.id = row.text(),
            .type = row.text(),
            .location = row.text(),
            .tags = read_object(row, "tags"),
            .body = read_object(row, "body"),
            .internal = read_object(row, "internal"),
            .etag = row.text(),
            .created = read_time(row, "created"),
            .changed = read_time(row, "changed")};
}

std::optional<Resource> find_resource(sql::Database& database, const std::string& key) {
    auto query = database.prepare(std::string(kSelectResources) + "WHERE id_key = $1");
    return query.bind(key).next() ? std::optional(read_resource(query.row())) : std::nullopt;
}

std::string write_resource(sql::Database& database, const Resource& resource) {
    const auto key = resources::key_of(resource.id);
    const Home home(key);
    auto etag = base::new_uuid();
    database
        .prepare(
            "INSERT INTO resources (id_key, type_key, subscription_key, group_key, name_key, id, "
            "type, location, tags, body, internal, etag, created, changed) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) "
            "ON CONFLICT (id_key) DO UPDATE SET location = excluded.location, "
            "tags = excluded.tags, body = excluded.body, internal = excluded.internal, "
            "etag = excluded.etag, changed = excluded.changed")
        .bind(key)
        .bind(base::to_lower(resource.type))
        .bind(home.subscription)
        .bind(home.group)
        .bind(base::to_lower(resource.name()))
        .bind(resource.id)
        .bind(resource.type)
        .bind(resource.location)
        .bind(boost::json::serialize(resource.tags))
        .bind(boost::json::serialize(resource.body))
        .bind(boost::json::serialize(resource.internal))
        .bind(etag)
        .bind(base::to_rfc3339(resource.created))
        .bind(base::to_rfc3339(resource.changed))
        .run();
    return etag;
}

void remove_resource(sql::Database& database, const std::string& key) {
    database.prepare("DELETE FROM resources WHERE id_key = $1").bind(key).run();
}

Home::Home(const std::string& key) {
    if (const auto path = resources::RequestPath::parse(key)) {
        subscription = path->subscription;
        group = path->resource_group;
    }
}

}  // namespace ingot::store
