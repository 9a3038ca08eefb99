// SPDX-License-Identifier: Apache-2.0
#include "arm/resource_id.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace ingot::arm {
namespace {

constexpr std::string_view kVersion =
    "/subscriptions/S1/resourceGroups/Group/providers/Microsoft.Compute/galleries/Gold/images/"
    "Debian/versions/1.2.3";

TEST(ResourceId, NamesItsParts) {
    const auto id = ResourceId::parse(kVersion);
    EXPECT_EQ(id.subscription(), "S1");
    EXPECT_EQ(id.resource_group(), "Group");
    EXPECT_EQ(id.provider(), "Microsoft.Compute");
    EXPECT_EQ(id.type(), "galleries/images/versions");
    EXPECT_EQ(id.names(), (std::vector<std::string>{"Gold", "Debian", "1.2.3"}));
    EXPECT_EQ(id.name(), "1.2.3");
}

TEST(ResourceId, KeepsTheCallersCaseAndComparesWithoutIt) {
    const auto id = ResourceId::parse("/subscriptions/s/resourcegroups/RG");
    EXPECT_EQ(id.to_string(), "/subscriptions/s/resourcegroups/RG");
    EXPECT_EQ(id, ResourceId::parse("/SUBSCRIPTIONS/S/resourceGroups/rg"));
    EXPECT_EQ(id.key(), "/subscriptions/s/resourcegroups/rg");
    EXPECT_NE(id, ResourceId::parse("/subscriptions/s/resourceGroups/rg2"));
    EXPECT_EQ(ResourceId::parse(kVersion).to_string(), kVersion);
}

TEST(ResourceId, LetsTheLeadingSlashBeMissing) {
    EXPECT_EQ(ResourceId::parse("subscriptions/s/resourceGroups/g").to_string(),
              "/subscriptions/s/resourceGroups/g");
}

TEST(ResourceId, ClimbsToTheSubscription) {
    auto id = std::optional(ResourceId::parse(kVersion));
    std::vector<std::string> names;
    for (; id; id = id->parent()) {
        names.push_back(id->name());
    }
    EXPECT_EQ(names, (std::vector<std::string>{"1.2.3", "Debian", "Gold", "Group", "S1"}));
}

TEST(ResourceId, AChildsParentIsTheSame) {
    const auto gallery = ResourceId::parse(kVersion).parent()->parent();
    ASSERT_TRUE(gallery);
    EXPECT_EQ(gallery->child("images", "x").parent(), gallery);
    EXPECT_TRUE(gallery->child("images", "x").is("microsoft.compute/Galleries/images"));
    EXPECT_FALSE(gallery->is("Microsoft.Compute/images"));
}

TEST(ResourceId, TakesPlaceholdersAsTheyStand) {
    const auto id = ResourceId::parse(
        "/subscriptions/<subscriptionID>/resourceGroups/{rg}/providers/Microsoft.Compute/images/"
        "<name>");
    EXPECT_EQ(id.subscription(), "<subscriptionID>");
    EXPECT_EQ(id.name(), "<name>");
}

TEST(ResourceId, KnowsResourcesOfASubscriptionAndOfTheTenant) {
    EXPECT_TRUE(ResourceId::parse("/subscriptions/s/providers/N/t/a").is("N/t"));
    EXPECT_EQ(ResourceId::parse("/subscriptions/s/providers/N/t/a").parent()->name(), "s");
    EXPECT_EQ(ResourceId::parse("/providers/N/t/a").to_string(), "/providers/N/t/a");
    EXPECT_FALSE(ResourceId::parse("/providers/N/t/a").parent());
}

TEST(ResourceId, RefusesWhatIsNone) {
    for (const std::string_view text : {"",
                                        "/",
                                        "image",
                                        "/subscriptions",
                                        "/subscriptions/",
                                        "/subscriptions//resourceGroups/g",
                                        "/subscriptions/s/",
                                        "/subscriptions/s/providers/N",
                                        "/subscriptions/s/providers/N/t",
                                        "/subscriptions/s/resourceGroups/g/t/n",
                                        "//subscriptions/s",
                                        "/resourceGroups/g/providers/N/t/n",
                                        "https://x/subscriptions/s"}) {
        EXPECT_FALSE(ResourceId::try_parse(text)) << text;
    }
    EXPECT_THROW((void)ResourceId::parse("image"), base::Error);
}

}  // namespace
}  // namespace ingot::arm
