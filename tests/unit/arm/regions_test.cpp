// SPDX-License-Identifier: Apache-2.0
#include "arm/regions.h"

#include <gtest/gtest.h>

namespace ingot::arm {
namespace {

TEST(Regions, HaveOneNameForAllSpellings) {
    EXPECT_EQ(region_name("West US 2"), "westus2");
    EXPECT_EQ(region_name("WestUS2"), "westus2");
    EXPECT_EQ(region_name("My Own"), "myown");
}

TEST(Regions, AreDisplayedAsAzureDoes) {
    EXPECT_EQ(region_display_name("westus2"), "West US 2");
    EXPECT_EQ(region_display_name("west us 2"), "West US 2");
    EXPECT_EQ(region_display_name("australiacentral"), "Australia Central");
    EXPECT_EQ(region_display_name("WESTUS3"), "West US 3");
}

TEST(Regions, LeaveOtherNamesAsTheyAre) {
    EXPECT_EQ(region_display_name("My Own"), "My Own");
    EXPECT_EQ(region_display_name("zzz"), "zzz");
    EXPECT_EQ(region_display_name(""), "");
}

TEST(Regions, AreListedByTheirNames) {
    for (const auto& region : azure_regions()) {
        EXPECT_EQ(region_name(region.display_name), region.name);
    }
}

}  // namespace
}  // namespace ingot::arm
