// SPDX-License-Identifier: Apache-2.0
// What callers may do at scopes, as roles and assignments made through the API say.
#include "unit/providers/surroundings.h"

#include <string>

#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

const std::string kCustomRole = "cccccccc-0000-4000-8000-000000000003";

class AccessTest : public testing::Test {
  protected:
    AccessTest() {
        around_.make_group("rg");
        around_.make_group("rg2");
        around_.make(thing_id("rg", "one"));
        around_.make(thing_id("rg2", "one"));
    }

    int get(const std::string& url) { return around_.world.get(url).status; }

    int put(const std::string& url) { return around_.make(url).status; }

    int remove(const std::string& url) { return around_.world.remove(url).status; }

    Surroundings around_;
};

TEST_F(AccessTest, NobodyMayAnythingWithoutARole) {
    around_.as(kAlice);
    EXPECT_EQ(get(thing_id("rg", "one")), 403);
    EXPECT_EQ(put(thing_id("rg", "two")), 403);
    EXPECT_EQ(remove(thing_id("rg", "one")), 403);
    EXPECT_EQ(around_.world.post(thing_id("rg", "one") + "/run").status, 404);
    const auto refused = around_.world.get(thing_id("rg", "one"));
    EXPECT_EQ(error_code(refused), "AuthorizationFailed");
    EXPECT_NE(error_message(refused).find("Test.Things/things/read"), std::string::npos);
    EXPECT_NE(error_message(refused).find(kAlice), std::string::npos);
    around_.as("");
    EXPECT_EQ(get(thing_id("rg", "one")), 403);
}

TEST_F(AccessTest, AnOwnerOfASubscriptionOwnsAllOfIt) {
    around_.grant(kAlice, identity::kOwnerRole, kSub);
    around_.as(kAlice);
    EXPECT_EQ(get(thing_id("rg", "one")), 200);
    EXPECT_EQ(put(thing_id("rg", "two")), 201);
    EXPECT_EQ(remove(thing_id("rg2", "one")), 200);
    EXPECT_EQ(around_.make_group("rg3").status, 201);
    EXPECT_EQ(get("/providers/Microsoft.Authorization/roleAssignments"), 403) << "above it";
}

TEST_F(AccessTest, AReaderOfAGroupReadsThatGroup) {
    around_.grant(kAlice, identity::kReaderRole, group_id("rg"));
    around_.as(kAlice);
    EXPECT_EQ(get(thing_id("rg", "one")), 200);
    EXPECT_EQ(get(group_id("RG") + "/providers/Test.Things/things"), 200);
    EXPECT_EQ(put(thing_id("rg", "one")), 403);
    EXPECT_EQ(remove(thing_id("rg", "one")), 403);
    EXPECT_EQ(get(thing_id("rg2", "one")), 403) << "rg is no prefix of rg2";
    EXPECT_EQ(get(kSub + "/providers/Test.Things/things"), 403);
}

TEST_F(AccessTest, AContributorGivesNoRoles) {
    around_.grant(kAlice, identity::kContributorRole, group_id("rg"));
    around_.as(kAlice);
    EXPECT_EQ(put(thing_id("rg", "two")), 201);
    const auto refused = around_.world.put(
        group_id("rg") + "/providers/Microsoft.Authorization/roleAssignments/" + kCustomRole, "{}");
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(get(group_id("rg") + "/providers/Microsoft.Authorization/roleAssignments"), 200);
}

TEST_F(AccessTest, WhatACustomRoleWithholdsAnotherMayGrant) {
    const auto made = around_.world.put(
        kSub + "/providers/Microsoft.Authorization/roleDefinitions/" + kCustomRole,
        R"({"properties": {"roleName": "No removals", "assignableScopes": [")" + kSub +
            R"("], "permissions": [{"actions": ["test.things/*"],
                "notActions": ["Test.Things/*/DELETE"]}]}})");
    ASSERT_EQ(made.status, 201);
    around_.grant(kAlice, kCustomRole, kSub);
    around_.as(kAlice);
    EXPECT_EQ(put(thing_id("rg", "two")), 201);
    EXPECT_EQ(remove(thing_id("rg", "two")), 403);
    EXPECT_EQ(get(group_id("rg")), 403) << "another provider";
    around_.grant(kAlice, identity::kContributorRole, group_id("rg2"));
    EXPECT_EQ(remove(thing_id("rg2", "one")), 200);
    EXPECT_EQ(remove(thing_id("rg", "two")), 403);
}

TEST_F(AccessTest, ChangesTakeEffectAtOnce) {
    const auto assignment =
        kSub + "/providers/Microsoft.Authorization/roleAssignments/" + kCustomRole;
    const auto body = R"({"properties": {"principalId": ")" + kAlice +
                      R"(", "principalType": "ServicePrincipal", "roleDefinitionId": ")" +
                      std::string(identity::kReaderRole) + R"("}})";
    const auto ask = [&] {
        around_.as(kAlice);
        const auto status = get(thing_id("rg", "one"));
        around_.as_administrator();
        return status;
    };
    EXPECT_EQ(ask(), 403);
    EXPECT_EQ(around_.world.put(assignment, body).status, 201);
    EXPECT_EQ(ask(), 200);
    EXPECT_EQ(around_.world.remove(assignment).status, 200);
    EXPECT_EQ(ask(), 403);
}

TEST_F(AccessTest, ChangesOfARoleTakeEffectAtOnce) {
    const auto url = kSub + "/providers/Microsoft.Authorization/roleDefinitions/" + kCustomRole;
    const auto body = [](const std::string& action) {
        return R"({"properties": {"roleName": "Some", "assignableScopes": [")" + kSub +
               R"("], "permissions": [{"actions": [")" + action + R"("]}]}})";
    };
    EXPECT_EQ(around_.world.put(url, body("*/read")).status, 201);
    around_.grant(kAlice, kCustomRole, kSub);
    EXPECT_EQ(around_.world.put(url, body("*/write")).status, 201);
    around_.as(kAlice);
    EXPECT_EQ(get(thing_id("rg", "one")), 403);
    EXPECT_EQ(put(thing_id("rg", "one")), 200);
}

TEST_F(AccessTest, ARoleOnAResourceGoesWithIt) {
    around_.grant(kAlice, identity::kOwnerRole, thing_id("rg", "one"));
    around_.as(kAlice);
    EXPECT_EQ(remove(thing_id("rg", "one")), 200);
    around_.as_administrator();
    EXPECT_EQ(put(thing_id("rg", "one")), 201);
    around_.as(kAlice);
    EXPECT_EQ(get(thing_id("rg", "one")), 403);
    EXPECT_TRUE(around_.access->now()->assignments.empty());
}

TEST_F(AccessTest, SpellingsOfAPathAreOneScope) {
    around_.grant(kAlice, identity::kReaderRole, group_id("rg"));
    around_.as(kAlice);
    EXPECT_EQ(get(base::to_lower(thing_id("rg", "one"))), 200);
    EXPECT_EQ(get("//subscriptions//" + kSubscription +
                  "/resourceGroups/%72g/providers/Test.Things//things/one"),
              200);
    EXPECT_EQ(get(group_id("rg2") + "/providers/Test.Things/things/one"), 403);
    EXPECT_FALSE(around_.access->may(
        around_.world.caller, "Test.Things/things/read", group_id("rg") + "/../rg2"));
}

TEST_F(AccessTest, IsReadFromTheRepositoryAtAStart) {
    around_.grant(kAlice, identity::kReaderRole, group_id("rg"));
    const Access fresh(around_.world.resources);
    const resources::Caller alice{.object_id = "AAAAAAAA-0000-4000-8000-000000000001"};
    EXPECT_TRUE(fresh.may(alice, "Test.Things/things/read", thing_id("rg", "one")));
    EXPECT_FALSE(fresh.may(alice, "Test.Things/things/write", thing_id("rg", "one")));
    EXPECT_TRUE(fresh.knows(alice, kSub));
    EXPECT_TRUE(fresh.knows(alice, thing_id("rg", "one")));
    EXPECT_FALSE(fresh.knows(alice, group_id("rg2")));
    EXPECT_EQ(fresh.now()->roles.size(), identity::built_in_roles().size());
}

TEST_F(AccessTest, KeepsDataAndControlApart) {
    around_.grant(kAlice, identity::kStorageBlobDataReaderRole, kSub);
    const resources::Caller alice{.object_id = kAlice};
    const auto* blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
    EXPECT_FALSE(around_.access->may(alice, blobs, kSub));
    EXPECT_TRUE(around_.access->may(alice, blobs, kSub, identity::Plane::Data));
}

}  // namespace
}  // namespace ingot::providers
