// SPDX-License-Identifier: Apache-2.0
#include "unit/providers/surroundings.h"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

const std::string kRunner = "/providers/Test.Things/runners/r";

// Asks for the result where the answer says it is.
resources::Answer result_of(Surroundings& around, const resources::Answer& answer) {
    auto location = Surroundings::header(answer, "Location");
    const auto base = location.find(kSub);
    return base == std::string::npos ? resources::Answer{.status = 0}
                                     : around.world.get(location.substr(base));
}

TEST(ResourceGroups, AreMadeShownAndChanged) {
    Surroundings around;
    const auto made = around.make_group("Rg", R"(, "tags": {"a": "b"})");
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(text_at(made, "id"), group_id("Rg"));
    EXPECT_EQ(text_at(made, "name"), "Rg");
    EXPECT_EQ(text_at(made, "type"), "Microsoft.Resources/resourceGroups");
    EXPECT_EQ(text_at(made, "location"), "westus2");
    EXPECT_EQ(text_at(made, "tags.a"), "b");
    EXPECT_EQ(text_at(made, "properties.provisioningState"), "Succeeded");
    // az group update: GET, then PUT with empty properties.
    EXPECT_EQ(around.make_group("rg", R"(, "properties": {}, "tags": {"c": "d"})").status, 200);
    const auto shown = around.world.get(kSub + "/resourcegroups/RG");
    EXPECT_EQ(shown.status, 200);
    EXPECT_EQ(text_at(shown, "id"), group_id("Rg"));
    EXPECT_EQ(text_at(shown, "properties.provisioningState"), "Succeeded");
    EXPECT_TRUE(at(shown.body, "tags.a").is_null());
    const auto patched = around.world.patch(group_id("rg"), R"({"tags": {"e": "f"}})");
    EXPECT_EQ(patched.status, 200);
    EXPECT_EQ(text_at(patched, "tags.e"), "f");
    EXPECT_EQ(text_at(patched, "location"), "westus2");
}

TEST(ResourceGroups, LetNothingMoveOut) {
    Surroundings around;
    around.make_group("rg");
    const auto body = R"({"targetResourceGroup": ")" + group_id("other") + R"(", "resources": [")" +
                      group_id("rg") +
                      R"(/providers/Microsoft.VirtualMachineImages/imageTemplates/t", 7]})";
    for (const auto* action : {"/moveResources", "/validateMoveResources"}) {
        const auto refused = around.world.post(group_id("rg") + action, body);
        EXPECT_EQ(refused.status, 409) << action;
        EXPECT_EQ(error_code(refused), "ResourceMoveNotSupported");
        EXPECT_THAT(error_message(refused),
                    testing::HasSubstr("Microsoft.VirtualMachineImages/imageTemplates"));
    }
}

TEST(ResourceGroups, AnswerHeadAsAzExpects) {
    Surroundings around;
    around.make_group("rg");
    EXPECT_EQ(around.world.send("HEAD", group_id("rg")).status, 204);
    EXPECT_EQ(around.world.send("HEAD", group_id("none")).status, 404);
    const auto missing = around.world.get(group_id("none"));
    EXPECT_EQ(missing.status, 404);
    EXPECT_EQ(error_code(missing), "ResourceGroupNotFound");
}

TEST(ResourceGroups, RefuseBadNamesAndBodies) {
    Surroundings around;
    for (const auto& name :
         {std::string("a."), std::string("a%20b"), std::string("a%23"), std::string(91, 'a')}) {
        const auto answer = around.make_group(name);
        EXPECT_EQ(answer.status, 400) << name;
        EXPECT_EQ(error_code(answer), "InvalidResourceGroup") << name;
    }
    EXPECT_EQ(around.make_group("a-b_c.(1)").status, 201);
    EXPECT_EQ(error_code(around.world.put(group_id("rg"), "{}")), "LocationRequired");
    EXPECT_EQ(around.world.put(group_id("rg"), "[]").status, 400);
    EXPECT_EQ(around.world.put(group_id("rg"), R"({"location": "x", "tags": 1})").status, 400);
    EXPECT_EQ(around.world.put(group_id("rg"), R"({"location": "x", "managedBy": 1})").status, 400);
    around.make_group("rg");
    const auto moved = around.world.put(group_id("rg"), R"({"location": "eastus"})");
    EXPECT_EQ(moved.status, 409);
    EXPECT_EQ(around.world.patch(group_id("none"), R"({"tags": {}})").status, 404);
    EXPECT_EQ(around.world.patch(group_id("rg"), R"({"tags": {"a": []}})").status, 400);
}

TEST(ResourceGroups, AreListedByTagAndInPages) {
    Surroundings around;
    around.make_group("a", R"(, "tags": {"team": "x"})");
    around.make_group("b", R"(, "tags": {"team": "y"})");
    around.make_group("c");
    const auto list = kSub + "/resourcegroups";
    EXPECT_EQ(names_in(around.world.get(list).body), (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(names_in(around.world.get(list + "?$filter=tagName eq 'Team'").body),
              (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(
        names_in(around.world.get(list + "?$filter=tagName eq 'team' and tagValue eq 'y'").body),
        std::vector<std::string>{"b"});
    const auto page = around.world.get(list + "?$top=2");
    EXPECT_EQ(names_in(page.body), (std::vector<std::string>{"a", "b"}));
    const auto next = text_at(page, "nextLink");
    EXPECT_EQ(names_in(around.world.get(next.substr(next.find(kSub))).body),
              std::vector<std::string>{"c"});
    for (const auto* filter : {"name eq 'a'", "tagValue eq 'x'", "tagName ne 'x'", "tagName eq"}) {
        const auto refused = around.world.get(list + "?$filter=" + filter);
        EXPECT_EQ(refused.status, 400) << filter;
        EXPECT_EQ(error_code(refused), "InvalidFilterInQueryString") << filter;
        EXPECT_NE(error_message(refused).find("tagValue eq 'value'"), std::string::npos);
    }
}

TEST(ResourceGroups, AreListedForWhoMayReadThem) {
    Surroundings around;
    around.make_group("a");
    around.make_group("b");
    around.grant(kAlice, identity::kReaderRole, group_id("b"));
    around.as(kAlice);
    EXPECT_EQ(names_in(around.world.get(kSub + "/resourcegroups").body),
              std::vector<std::string>{"b"});
    EXPECT_EQ(around.world.get(group_id("a")).status, 403);
    EXPECT_EQ(around.world.get(group_id("b")).status, 200);
    EXPECT_EQ(around.make_group("b").status, 403);
    EXPECT_EQ(around.world.remove(group_id("b")).status, 403);
}

TEST(ResourceGroups, TakeAllThatIsInThemAlong) {
    Surroundings around;
    around.make_group("rg");
    around.make_group("rg2");
    around.make(thing_id("rg", "one"));
    around.make(thing_id("rg", "one/parts/p"));
    around.make(group_id("rg") + kRunner);
    around.make(thing_id("rg2", "other"));
    around.grant(kAlice, identity::kOwnerRole, group_id("rg"));
    around.grant(kAlice, identity::kReaderRole, thing_id("rg", "one"));
    const auto removed = around.world.remove(group_id("RG") + "?api-version=2021-04-01");
    EXPECT_EQ(removed.status, 202);
    EXPECT_TRUE(removed.body.is_null());
    EXPECT_EQ(Surroundings::header(removed, "Retry-After"), "1");
    const auto location = Surroundings::header(removed, "Location");
    EXPECT_EQ(location.find("https://localhost:8443" + kSub + "/operationresults/"), 0U);
    EXPECT_TRUE(location.ends_with("?api-version=2021-04-01")) << location;
    const auto result = result_of(around, removed);
    EXPECT_EQ(result.status, 200);
    EXPECT_TRUE(result.body.is_null());
    EXPECT_EQ(around.world.get(group_id("rg")).status, 404);
    EXPECT_EQ(around.world.remove(group_id("rg")).status, 404);
    EXPECT_TRUE(around.world.resources.list({.below = resources::key_of(group_id("rg"))}).empty());
    EXPECT_EQ(around.world.get(thing_id("rg2", "other")).status, 200);
    around.make_group("rg");
    around.as(kAlice);
    EXPECT_EQ(around.world.get(group_id("rg")).status, 403) << "an assignment survived its scope";
}

TEST(ResourceGroups, LoseNothingToAResourceThatRefuses) {
    Surroundings around;
    around.make_group("rg");
    around.make(thing_id("rg", "one"));
    around.make(thing_id("rg", "one/parts/p"));
    around.make(group_id("rg") + kRunner);
    around.grant(kAlice, identity::kReaderRole, group_id("rg"));
    around.running.insert(resources::key_of(group_id("rg") + kRunner));
    const auto before = around.world.resources.list({}).size();
    const auto removed = around.world.remove(group_id("rg"));
    EXPECT_EQ(removed.status, 202);
    const auto result = result_of(around, removed);
    EXPECT_EQ(result.status, 409);
    EXPECT_EQ(error_code(result), "RunInProgress");
    EXPECT_EQ(error_message(result), "The runner is running.");
    EXPECT_EQ(around.world.resources.list({}).size(), before);
    EXPECT_EQ(text_at(around.world.get(group_id("rg")), "properties.provisioningState"),
              "Succeeded");
    EXPECT_EQ(around.make(thing_id("rg", "two")).status, 201);
    around.running.clear();
    EXPECT_EQ(result_of(around, around.world.remove(group_id("rg"))).status, 200);
}

TEST(ResourceGroups, ShowTheirResultsToTheirSubscriptionOnly) {
    Surroundings around;
    around.make_group("rg");
    const auto removed = around.world.remove(group_id("rg"));
    auto location = Surroundings::header(removed, "Location");
    location = location.substr(location.find(kSub));
    const auto other = "66666666-7777-8888-9999-aaaaaaaaaaaa";
    around.world.put(std::string("/subscriptions/") + other, "{}");
    const auto id = location.substr(location.find("/operationresults/"));
    EXPECT_EQ(around.world.get(std::string("/subscriptions/") + other + id).status, 404);
    EXPECT_EQ(around.world.get(kSub + "/operationresults/none").status, 404);
    around.as(kBob);  // who was given the URL may look
    EXPECT_EQ(around.world.get(location).status, 200);
}

TEST(ResourceGroups, CanBeRemovedAfterARemovalThatWasInterrupted) {
    Surroundings around;
    around.make_group("rg");
    around.make(thing_id("rg", "one"));
    auto group = around.world.resources.find(resources::key_of(group_id("rg"))).value();
    group.internal["deleting"] = true;
    static_cast<void>(around.world.resources.apply({.writes = {{group, {}}}}));
    EXPECT_EQ(text_at(around.world.get(group_id("rg")), "properties.provisioningState"),
              "Deleting");
    EXPECT_EQ(error_code(around.make_group("rg")), "ResourceGroupBeingDeleted");
    EXPECT_EQ(error_code(around.make(thing_id("rg", "two"))), "ResourceGroupBeingDeleted");
    EXPECT_EQ(result_of(around, around.world.remove(group_id("rg"))).status, 200);
}

TEST(ResourceGroups, AnswerTwoPutsOfOneNameInTurn) {
    Surroundings around;
    std::vector<int> statuses(2);
    const auto put = [&](std::size_t who) { statuses[who] = around.make_group("rg").status; };
    std::thread other(put, 1);
    put(0);
    other.join();
    std::ranges::sort(statuses);
    EXPECT_EQ(statuses, (std::vector<int>{200, 201}));
}

TEST(ResourceGroups, AnswerTwoRemovalsInTurn) {
    Surroundings around;
    around.make_group("rg");
    for (int i = 0; i < 5; ++i) {
        around.make(thing_id("rg", "t" + std::to_string(i)));
    }
    std::vector<resources::Answer> answers(2);
    const auto remove = [&](std::size_t who) {
        answers[who] = around.world.remove(group_id("rg"));
    };
    std::thread other(remove, 1);
    remove(0);
    other.join();
    std::ranges::sort(answers, {}, &resources::Answer::status);
    EXPECT_EQ(answers[0].status, 202);
    EXPECT_EQ(result_of(around, answers[0]).status, 200);
    EXPECT_EQ(answers[1].status, 404);
}

}  // namespace
}  // namespace ingot::providers
