// SPDX-License-Identifier: Apache-2.0
#include "unit/providers/surroundings.h"

#include <string>

#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

const std::string kOther = "66666666-7777-8888-9999-aaaaaaaaaaaa";

TEST(Subscriptions, AreListedAsAzReadsThemAfterSigningIn) {
    Surroundings around;
    const auto list = around.world.get("/subscriptions?api-version=2019-11-01");
    ASSERT_EQ(list.status, 200);
    EXPECT_EQ(text_at(list, "value.0.id"), kSub);
    EXPECT_EQ(text_at(list, "value.0.subscriptionId"), kSubscription);
    EXPECT_EQ(text_at(list, "value.0.tenantId"), kTenant);
    EXPECT_EQ(text_at(list, "value.0.displayName"), "Ingot");
    EXPECT_EQ(text_at(list, "value.0.state"), "Enabled");
    EXPECT_TRUE(at(list.body, "value.0.subscriptionPolicies").is_object());
    EXPECT_TRUE(at(list.body, "value.0.managedByTenants").is_array());
    const auto one = around.world.get(kSub);
    EXPECT_EQ(one.status, 200);
    EXPECT_EQ(one.body, at(list.body, "value.0"));
}

TEST(Subscriptions, AreThoseThatTheCallerHasAnyRoleIn) {
    Surroundings around;
    around.make_group("rg");
    around.world.put("/subscriptions/" + kOther, R"({"displayName": "Other"})");
    around.grant(kAlice, identity::kReaderRole, group_id("rg"));
    around.as(kAlice);
    const auto list = around.world.get("/subscriptions");
    EXPECT_EQ(list.status, 200);
    EXPECT_EQ(at(list.body, "value").as_array().size(), 1U);
    EXPECT_EQ(text_at(list, "value.0.subscriptionId"), kSubscription);
    EXPECT_EQ(around.world.get(kSub).status, 200);
    const auto hidden = around.world.get("/subscriptions/" + kOther);
    EXPECT_EQ(hidden.status, 404);
    EXPECT_EQ(error_code(hidden), "SubscriptionNotFound");
    around.as(kBob);
    EXPECT_TRUE(at(around.world.get("/subscriptions").body, "value").as_array().empty());
}

TEST(Subscriptions, AreMadeByWhoMayWriteThemAtTheRoot) {
    Surroundings around;
    around.grant(kAlice, identity::kOwnerRole, kSub);
    around.grant(kBob, identity::kContributorRole, "/");
    around.as(kAlice);
    EXPECT_EQ(around.world.put("/subscriptions/" + kOther, "{}").status, 403);
    around.as(kBob);
    const auto made = around.world.put("/subscriptions/" + kOther,
                                       R"({"displayName": "Lab", "tags": {"a": "b"}})");
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(text_at(made, "displayName"), "Lab");
    EXPECT_EQ(text_at(made, "tags.a"), "b");
    EXPECT_EQ(around.world.put("/subscriptions/" + kOther, "{}").status, 200);
    EXPECT_EQ(text_at(around.world.get("/subscriptions/" + kOther), "displayName"), "Lab");
    EXPECT_EQ(
        around.world.put("/subscriptions/" + kOther + "/resourceGroups/rg", R"({"location": "x"})")
            .status,
        201);
}

TEST(Subscriptions, RefuseWhatIsNoUuidAndWhatIsNoBody) {
    Surroundings around;
    const auto bad = around.world.put("/subscriptions/lab", "{}");
    EXPECT_EQ(bad.status, 400);
    EXPECT_EQ(error_code(bad), "InvalidSubscriptionId");
    EXPECT_EQ(around.world.put("/subscriptions/" + kOther, "[]").status, 400);
    EXPECT_EQ(around.world.put("/subscriptions/" + kOther, R"({"displayName": 7})").status, 400);
    EXPECT_EQ(around.world.remove(kSub).status, 405);
}

TEST(Subscriptions, HaveTheRegionsAndTheLocationsInUse) {
    Surroundings around;
    around.world.put(kSub + "/resourcegroups/rg", R"({"location": "Cellar 1"})");
    const auto list = around.world.get(kSub + "/locations?api-version=2019-11-01");
    ASSERT_EQ(list.status, 200);
    const auto names = names_in(list.body);
    EXPECT_NE(std::ranges::find(names, "cellar1"), names.end());
    const auto west = std::ranges::find(names, "westus2");
    ASSERT_NE(west, names.end());
    const auto entry = "value." + std::to_string(west - names.begin());
    EXPECT_EQ(text_at(list, entry + ".displayName"), "West US 2");
    EXPECT_EQ(text_at(list, entry + ".id"), kSub + "/locations/westus2");
    EXPECT_FALSE(text_at(list, entry + ".regionalDisplayName").empty());
    EXPECT_EQ(text_at(list, entry + ".metadata.regionType"), "Physical");
    EXPECT_EQ(around.world.get("/subscriptions/" + kOther + "/locations").status, 404);
}

TEST(Subscriptions, BelongToTheOneTenant) {
    Surroundings around;
    around.as(kBob);
    const auto list = around.world.get("/tenants");
    EXPECT_EQ(list.status, 200);
    EXPECT_EQ(text_at(list, "value.0.id"), "/tenants/" + kTenant);
    EXPECT_EQ(text_at(list, "value.0.tenantId"), kTenant);
}

TEST(Subscriptions, AreMadeOnceAtTheFirstStart) {
    Surroundings around;
    ensure_subscription(around.world.resources, kSubscription, "Again");
    EXPECT_EQ(text_at(around.world.get(kSub), "displayName"), "Ingot");
    EXPECT_TRUE(has_subscription(around.world.resources, base::to_lower(kSubscription)));
    EXPECT_FALSE(has_subscription(around.world.resources, kOther));
    EXPECT_FALSE(has_subscription(around.world.resources, ""));
}

}  // namespace
}  // namespace ingot::providers
