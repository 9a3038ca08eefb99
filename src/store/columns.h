// SPDX-License-Identifier: Apache-2.0
// Values that several tables hold, to and from columns. What is in a table was written by Ingot, so
// anything else found there is Error{Corrupt}.
#pragma once

#include "base/error.h"
#include "base/timestamp.h"
#include "gallery/images.h"
#include "sql/database.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::store {

[[nodiscard]] base::Error unreadable_column(std::string_view column);

// The value that `parse` finds in the next column.
template <typename Parse>
auto read_as(sql::Row& row, std::string_view column, Parse&& parse) {
    const auto value = parse(row.text());
    if (!value) {
        throw unreadable_column(column);
    }
    return *value;
}

[[nodiscard]] std::optional<std::string> optional_time(const std::optional<base::Timestamp>& time);
[[nodiscard]] base::Timestamp read_time(sql::Row& row, std::string_view column);

using Tags = std::map<std::string, std::string>;

[[nodiscard]] std::string tags_to_json(const Tags& tags);
[[nodiscard]] Tags read_tags(sql::Row& row);

[[nodiscard]] std::string regions_to_json(const std::vector<gallery::TargetRegion>& regions);
[[nodiscard]] std::vector<gallery::TargetRegion> read_regions(sql::Row& row);

// digest, virtual_size, data_size, generation, os_type
void bind_content(sql::Statement& statement, const gallery::DiskContent& content);
[[nodiscard]] gallery::DiskContent read_content(sql::Row& row);

// run_id, template_name, source
void bind_provenance(sql::Statement& statement, const gallery::Provenance& provenance);
[[nodiscard]] gallery::Provenance read_provenance(sql::Row& row);

}  // namespace ingot::store
