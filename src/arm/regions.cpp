// SPDX-License-Identifier: Apache-2.0
#include "arm/regions.h"

#include "base/ascii.h"

#include <algorithm>
#include <array>

namespace ingot::arm {
namespace {

constexpr auto kRegions = std::to_array<Region>({
    {"australiacentral", "Australia Central"},
    {"australiacentral2", "Australia Central 2"},
    {"australiaeast", "Australia East"},
    {"australiasoutheast", "Australia Southeast"},
    {"brazilsouth", "Brazil South"},
    {"brazilsoutheast", "Brazil Southeast"},
    {"canadacentral", "Canada Central"},
    {"canadaeast", "Canada East"},
    {"centralindia", "Central India"},
    {"centralus", "Central US"},
    {"centraluseuap", "Central US EUAP"},
    {"eastasia", "East Asia"},
    {"eastus", "East US"},
    {"eastus2", "East US 2"},
    {"eastus2euap", "East US 2 EUAP"},
    {"francecentral", "France Central"},
    {"francesouth", "France South"},
    {"germanynorth", "Germany North"},
    {"germanywestcentral", "Germany West Central"},
    {"israelcentral", "Israel Central"},
    {"italynorth", "Italy North"},
    {"japaneast", "Japan East"},
    {"japanwest", "Japan West"},
    {"jioindiacentral", "Jio India Central"},
    {"jioindiawest", "Jio India West"},
    {"koreacentral", "Korea Central"},
    {"koreasouth", "Korea South"},
    {"mexicocentral", "Mexico Central"},
    {"newzealandnorth", "New Zealand North"},
    {"northcentralus", "North Central US"},
    {"northeurope", "North Europe"},
    {"norwayeast", "Norway East"},
    {"norwaywest", "Norway West"},
    {"polandcentral", "Poland Central"},
    {"qatarcentral", "Qatar Central"},
    {"southafricanorth", "South Africa North"},
    {"southafricawest", "South Africa West"},
    {"southcentralus", "South Central US"},
    {"southeastasia", "Southeast Asia"},
    {"southindia", "South India"},
    {"spaincentral", "Spain Central"},
    {"swedencentral", "Sweden Central"},
    {"switzerlandnorth", "Switzerland North"},
    {"switzerlandwest", "Switzerland West"},
    {"taiwannorthwest", "Taiwan Northwest"},
    {"uaecentral", "UAE Central"},
    {"uaenorth", "UAE North"},
    {"uksouth", "UK South"},
    {"ukwest", "UK West"},
    {"westcentralus", "West Central US"},
    {"westeurope", "West Europe"},
    {"westindia", "West India"},
    {"westus", "West US"},
    {"westus2", "West US 2"},
    {"westus3", "West US 3"},
});
static_assert(std::ranges::is_sorted(kRegions, {}, &Region::name));

}  // namespace

std::span<const Region> azure_regions() {
    return kRegions;
}

std::string region_name(std::string_view text) {
    auto name = base::to_lower(text);
    std::erase(name, ' ');
    return name;
}

std::string region_display_name(std::string_view text) {
    const auto name = region_name(text);
    const auto* found = std::ranges::lower_bound(kRegions, name, {}, &Region::name);
    return found != kRegions.end() && found->name == name ? std::string(found->display_name)
                                                          : std::string(text);
}

}  // namespace ingot::arm
