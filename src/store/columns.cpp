// SPDX-License-Identifier: Apache-2.0
#include "store/columns.h"

#include "base/json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace ingot::store {
namespace {

base::ByteCount read_size(sql::Row& row) {
    return base::ByteCount(static_cast<std::uint64_t>(row.integer()));
}

// parse_own_json vouches for the syntax only; a wrong shape is damage as well.
template <typename Read>
auto read_json(sql::Row& row, std::string_view column, Read&& read) {
    const auto text = row.text();
    const auto document = base::parse_own_json(text, column);
    try {
        return read(document);
    } catch (const base::Error&) {
        throw;
    } catch (const std::exception&) {
        throw unreadable_column(column);
    }
}

std::string to_std(const boost::json::value& value) {
    return std::string(std::string_view(value.as_string()));
}

}  // namespace

base::Error unreadable_column(std::string_view column) {
    return {base::ErrorKind::Corrupt,
            "DatabaseCorrupt",
            fmt::format("the state database holds something as {} that no Ingot writes; put a "
                        "backup in its place",
                        column)};
}

std::optional<std::string> optional_time(const std::optional<base::Timestamp>& time) {
    return time ? std::optional(base::to_rfc3339(*time)) : std::nullopt;
}

base::Timestamp read_time(sql::Row& row, std::string_view column) {
    return read_as(row, column, base::from_rfc3339);
}

std::string tags_to_json(const Tags& tags) {
    boost::json::object document;
    for (const auto& [name, value] : tags) {
        document[name] = value;
    }
    return boost::json::serialize(document);
}

Tags read_tags(sql::Row& row) {
    return read_json(row, "tags", [](const boost::json::value& document) {
        Tags tags;
        for (const auto& [name, value] : document.as_object()) {
            tags.emplace(name, to_std(value));
        }
        return tags;
    });
}

std::string regions_to_json(const std::vector<gallery::TargetRegion>& regions) {
    boost::json::array document;
    for (const auto& region : regions) {
        document.push_back({{"name", region.name},
                            {"replicaCount", region.replica_count},
                            {"storageAccountType", region.storage_account_type}});
    }
    return boost::json::serialize(document);
}

std::vector<gallery::TargetRegion> read_regions(sql::Row& row) {
    return read_json(row, "regions", [](const boost::json::value& document) {
        std::vector<gallery::TargetRegion> regions;
        for (const auto& region : document.as_array()) {
            regions.push_back({.name = to_std(region.at("name")),
                               .replica_count = region.at("replicaCount").to_number<int>(),
                               .storage_account_type = to_std(region.at("storageAccountType"))});
        }
        return regions;
    });
}

void bind_content(sql::Statement& statement, const gallery::DiskContent& content) {
    statement.bind(content.digest.hex())
        .bind(static_cast<std::int64_t>(content.virtual_size.bytes()))
        .bind(static_cast<std::int64_t>(content.data_size.bytes()))
        .bind(arm::to_string(content.generation))
        .bind(content.os_type);
}

gallery::DiskContent read_content(sql::Row& row) {
    return {.digest = read_as(row, "digest", base::Sha256Digest::from_hex),
            .virtual_size = read_size(row),
            .data_size = read_size(row),
            .generation = read_as(row, "generation", arm::hyper_v_generation_from),
            .os_type = row.text()};
}

void bind_provenance(sql::Statement& statement, const gallery::Provenance& provenance) {
    statement.bind(provenance.run_id).bind(provenance.template_name).bind(provenance.source);
}

gallery::Provenance read_provenance(sql::Row& row) {
    return {.run_id = row.text(), .template_name = row.text(), .source = row.text()};
}

}  // namespace ingot::store
