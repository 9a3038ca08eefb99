// SPDX-License-Identifier: Apache-2.0
#include "templates/api_version.h"

#include "base/ascii.h"

#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::templates {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 10> kNames = {"2018-02-01-preview",
                                                     "2019-02-01-preview",
                                                     "2019-05-01-preview",
                                                     "2020-02-14",
                                                     "2021-10-01",
                                                     "2022-02-14",
                                                     "2022-07-01",
                                                     "2023-07-01",
                                                     "2024-02-01",
                                                     "2025-10-01"};
static_assert(kNames.size() == static_cast<std::size_t>(kNewestApiVersion) + 1);

}  // namespace

std::string_view to_string(ApiVersion version) {
    return kNames.at(static_cast<std::size_t>(version));
}

std::optional<ApiVersion> api_version_from(std::string_view text) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (base::equal_ignoring_case(kNames.at(i), text)) {
            return static_cast<ApiVersion>(i);
        }
    }
    return std::nullopt;
}

std::string supported_api_versions() {
    return fmt::format("{}", fmt::join(kNames, ", "));
}

}  // namespace ingot::templates
