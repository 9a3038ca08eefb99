// SPDX-License-Identifier: Apache-2.0
// The fixture itself: a document type of no meaning, asked through the router.
#include "unit/providers/provider_world.h"

#include "resources/documents.h"

#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

std::vector<resources::ResourceType> things(const Services& services) {
    return {resources::document_type({.name = "Test.Things/things"}, {}, services.resources)};
}

TEST(ProviderWorld, AnswersOverTheRealStore) {
    ProviderWorld world(things);
    const auto url = ProviderWorld::in_group("rg", "Test.Things/things/one");
    EXPECT_EQ(error_code(world.put(url, R"({"location": "West US 2"})")), "ResourceGroupNotFound");
    world.make_group("rg");
    EXPECT_EQ(world.put(url, R"({"location": "West US 2"})").status, 201);
    EXPECT_EQ(text_at(world.get(url), "location"), "westus2");
    const auto all = world.get(ProviderWorld::in_subscription("Test.Things/things"));
    EXPECT_EQ(names_in(all.body), std::vector<std::string>{"one"});
    EXPECT_EQ(world.remove(url).status, 200);
    EXPECT_EQ(world.get(url).status, 404);
}

TEST(ProviderWorld, ClosesAGateForATest) {
    ProviderWorld world(things);
    world.may = [](const auto& action, const auto& /*scope*/) {
        return action != "Test.Things/things/read";
    };
    EXPECT_EQ(world.get(ProviderWorld::in_group("rg", "Test.Things/things/one")).status, 403);
}

}  // namespace
}  // namespace ingot::providers
