// SPDX-License-Identifier: Apache-2.0
// The api-versions of Microsoft.VirtualMachineImages that Ingot speaks, oldest first. What differs
// between them is data in schema/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ingot::templates {

// NOLINTBEGIN(readability-identifier-naming): the names keep the form of the versions
enum class ApiVersion {
    V2018_02_01_preview,
    V2019_02_01_preview,
    V2019_05_01_preview,
    V2020_02_14,
    V2021_10_01,
    V2022_02_14,
    V2022_07_01,
    V2023_07_01,
    V2024_02_01,
    V2025_10_01,
};
// NOLINTEND(readability-identifier-naming)

inline constexpr auto kOldestApiVersion = ApiVersion::V2018_02_01_preview;
inline constexpr auto kNewestApiVersion = ApiVersion::V2025_10_01;

[[nodiscard]] std::string_view to_string(ApiVersion version);

// Compared without case, as Azure Resource Manager does.
[[nodiscard]] std::optional<ApiVersion> api_version_from(std::string_view text);

// "2018-02-01-preview, 2019-02-01-preview, …"
[[nodiscard]] std::string supported_api_versions();

}  // namespace ingot::templates
