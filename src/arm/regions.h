// SPDX-License-Identifier: Apache-2.0
// Names of regions. Ingot runs wherever it runs: a region is a label that clients check, sort by
// and print, so every name is good; those of Azure's public cloud also have a display name, which
// is what the gallery's answers hold.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ingot::arm {

struct Region {
    std::string_view name;          // westus2
    std::string_view display_name;  // West US 2
};

// Those of Azure's public cloud, by name.
[[nodiscard]] std::span<const Region> azure_regions();

// One spelling for "West US 2", "WestUS2" and "westus2": lower case without spaces.
[[nodiscard]] std::string region_name(std::string_view text);

// "West US 2" for any spelling of it; what is no region of Azure's stays as it is.
[[nodiscard]] std::string region_display_name(std::string_view text);

}  // namespace ingot::arm
