// SPDX-License-Identifier: Apache-2.0
#include "unit/providers/surroundings.h"

#include <string>
#include <thread>
#include <vector>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

const std::string kRole = "cccccccc-0000-4000-8000-000000000003";
const std::string kFirst = "dddddddd-0000-4000-8000-000000000004";
const std::string kSecond = "dddddddd-0000-4000-8000-000000000005";

std::string definition_url(const std::string& scope, const std::string& id) {
    return scope + "/providers/Microsoft.Authorization/roleDefinitions/" + id;
}

std::string assignment_url(const std::string& scope, const std::string& id) {
    return scope + "/providers/Microsoft.Authorization/roleAssignments/" + id;
}

std::string definition(const std::string& name,
                       const std::string& scope,
                       const std::string& permission = R"({"actions": ["*/read"]})") {
    return fmt::format(R"({{"properties": {{"roleName": "{}", "description": "d",
                            "assignableScopes": ["{}"], "permissions": [{}]}}}})",
                       name,
                       scope,
                       permission);
}

std::string assignment(std::string_view role,
                       const std::string& principal = kAlice,
                       const std::string& more = R"(, "principalType": "User")") {
    return fmt::format(
        R"({{"properties": {{"roleDefinitionId":
             "{}/providers/Microsoft.Authorization/roleDefinitions/{}", "principalId": "{}"{}}}}})",
        kSub,
        role,
        principal,
        more);
}

class RolesTest : public testing::Test {
  protected:
    RolesTest() { around_.make_group("rg"); }

    resources::Answer put(const std::string& url, const std::string& body) {
        return around_.world.put(url, body);
    }

    [[nodiscard]] std::vector<std::string> role_names(const std::string& scope,
                                                      const std::string& filter = "") {
        const auto answer = around_.world.get(definition_url(scope, "") + "?$filter=" + filter);
        EXPECT_EQ(answer.status, 200) << error_message(answer);
        std::vector<std::string> names;
        if (answer.status == 200) {
            for (const auto& role : answer.body.at("value").as_array()) {
                names.emplace_back(role.at("properties").at("roleName").as_string());
            }
        }
        return names;
    }

    Surroundings around_;
};

using RoleDefinitions = RolesTest;
using RoleAssignments = RolesTest;
using Names = std::vector<std::string>;

TEST_F(RoleDefinitions, IncludeTheBuiltInOnes) {
    EXPECT_EQ(role_names(kSub, "roleName eq 'contributor'"), Names{"Contributor"});
    const auto all = role_names(group_id("rg"), "type eq 'BuiltInRole'");
    for (const auto* name : {"Owner", "Contributor", "Reader", "Managed Identity Operator"}) {
        EXPECT_EQ(std::ranges::count(all, name), 1) << name;
    }
    const auto owner = around_.world.get(definition_url(kSub, std::string(identity::kOwnerRole)));
    EXPECT_EQ(text_at(owner, "id"), definition_url(kSub, std::string(identity::kOwnerRole)));
    EXPECT_EQ(text_at(owner, "name"), identity::kOwnerRole);
    EXPECT_EQ(text_at(owner, "type"), "Microsoft.Authorization/roleDefinitions");
    EXPECT_EQ(text_at(owner, "properties.type"), "BuiltInRole");
    EXPECT_EQ(text_at(owner, "properties.assignableScopes.0"), "/");
    EXPECT_EQ(text_at(owner, "properties.permissions.0.actions.0"), "*");
}

TEST_F(RoleDefinitions, AreMadeReadChangedAndRemoved) {
    // az role definition create puts it at the first assignable scope.
    const auto made = put(definition_url(group_id("rg"), kRole),
                          definition("Builder",
                                     group_id("rg"),
                                     R"({"actions": ["Test.Things/*"], "notActions":
                                         ["Test.Things/things/delete"], "dataActions": ["a/b"]})"));
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(text_at(made, "id"), definition_url(kSub, kRole));
    EXPECT_EQ(text_at(made, "properties.roleName"), "Builder");
    EXPECT_EQ(text_at(made, "properties.type"), "CustomRole");
    EXPECT_EQ(text_at(made, "properties.permissions.0.notActions.0"), "Test.Things/things/delete");
    EXPECT_EQ(text_at(made, "properties.permissions.0.dataActions.0"), "a/b");
    EXPECT_TRUE(at(made.body, "properties.permissions.0.notDataActions").is_array());
    EXPECT_FALSE(text_at(made, "properties.createdOn").empty());
    EXPECT_EQ(around_.world.get(definition_url(group_id("rg"), kRole)).body, made.body);
    const auto changed =
        put(definition_url(kSub, base::to_lower(kRole)), definition("Builder 2", group_id("rg")));
    EXPECT_EQ(changed.status, 201) << "clients take nothing else";
    EXPECT_EQ(text_at(changed, "properties.createdOn"), text_at(made, "properties.createdOn"));
    const auto removed = around_.world.remove(definition_url(kSub, kRole));
    EXPECT_EQ(removed.status, 200);
    EXPECT_EQ(text_at(removed, "properties.roleName"), "Builder 2");
    EXPECT_EQ(around_.world.remove(definition_url(kSub, kRole)).status, 204);
    EXPECT_EQ(error_code(around_.world.get(definition_url(kSub, kRole))),
              "RoleDefinitionDoesNotExist");
}

TEST_F(RoleDefinitions, AreSeenWhereTheyCanBeAssigned) {
    around_.make_group("other");
    put(definition_url(kSub, kRole), definition("Builder", group_id("rg")));
    const auto custom = std::string("type eq 'CustomRole'");
    EXPECT_EQ(role_names(group_id("rg"), custom), Names{"Builder"});
    EXPECT_EQ(role_names(thing_id("rg", "one"), custom), Names{"Builder"});
    EXPECT_EQ(role_names(group_id("other"), custom), Names{});
    EXPECT_EQ(role_names(kSub, custom), Names{});
    EXPECT_EQ(role_names(kSub, custom + " and atScopeAndBelow()"), Names{"Builder"});
    EXPECT_EQ(around_.world.get(definition_url(kSub, kRole)).status, 200);
    EXPECT_EQ(around_.world.get(definition_url(group_id("other"), kRole)).status, 404);
    EXPECT_EQ(around_.world.get(definition_url(kSub, "") + "?$filter=description eq 'x'").status,
              400);
}

TEST_F(RoleDefinitions, RefuseBadOnes) {
    const auto url = definition_url(kSub, kRole);
    EXPECT_EQ(error_code(put(definition_url(kSub, "builder"), definition("B", kSub))),
              "InvalidRoleDefinitionId");

    struct Bad {
        std::string body;
        std::string code;
    };

    for (const auto& bad : {
             Bad{"[]", "InvalidRequestContent"},
             Bad{"{}", "InvalidRoleDefinition"},
             Bad{R"({"properties": []})", "InvalidRequestContent"},
             Bad{R"({"properties": {"roleName": "x", "assignableScopes": ["/"]}})",
                 "InvalidRoleDefinition"},
             Bad{R"({"properties": {"roleName": "x", "permissions": [{"actions": ["*"]}]}})",
                 "InvalidRoleDefinition"},
             Bad{definition("", kSub), "InvalidRoleDefinition"},
             Bad{definition("x", "subscription one"), "InvalidAssignableScope"},
             Bad{definition("x", kSub, "[]"), "InvalidRoleDefinition"},
             Bad{definition("x", kSub, R"({"actions": "*"})"), "InvalidRequestContent"},
             Bad{definition("x", kSub, R"({"actions": [1]})"), "InvalidRequestContent"},
             Bad{definition("x", kSub, R"({"actions": ["read"]})"), "InvalidActionOrNotAction"},
             Bad{definition("x", kSub, R"({"notActions": ["a/b c"]})"), "InvalidActionOrNotAction"},
             Bad{R"({"properties": {"roleName": 7, "assignableScopes": ["/"],
                     "permissions": [{"actions": ["*"]}]}})",
                 "InvalidRequestContent"},
         }) {
        const auto answer = put(url, bad.body);
        EXPECT_EQ(answer.status, 400) << bad.body;
        EXPECT_EQ(error_code(answer), bad.code) << bad.body;
    }
    EXPECT_EQ(around_.world.get(url).status, 404);
}

TEST_F(RoleDefinitions, HaveNamesOfTheirOwn) {
    EXPECT_EQ(put(definition_url(kSub, kRole), definition("Builder", kSub)).status, 201);
    for (const auto* name : {"builder", "OWNER"}) {
        const auto taken = put(definition_url(kSub, kFirst), definition(name, kSub));
        EXPECT_EQ(taken.status, 409) << name;
        EXPECT_EQ(error_code(taken), "RoleDefinitionWithSameNameExists") << name;
    }
    EXPECT_EQ(put(definition_url(kSub, kRole), definition("BUILDER", kSub)).status, 201);
}

TEST_F(RoleDefinitions, LeaveTheBuiltInOnesAlone) {
    const auto url = definition_url(kSub, std::string(identity::kReaderRole));
    EXPECT_EQ(put(url, definition("Mine", kSub)).status, 403);
    EXPECT_EQ(around_.world.remove(url).status, 403);
    EXPECT_EQ(around_.world.get(url).status, 200);
}

TEST_F(RoleDefinitions, StayWhileTheyAreAssigned) {
    put(definition_url(kSub, kRole), definition("Builder", kSub));
    put(assignment_url(group_id("rg"), kFirst), assignment(kRole));
    const auto refused = around_.world.remove(definition_url(kSub, kRole));
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(error_code(refused), "RoleDefinitionHasAssignments");
    const auto narrowed =
        put(definition_url(kSub, kRole), definition("Builder", group_id("elsewhere")));
    EXPECT_EQ(narrowed.status, 400);
    EXPECT_EQ(error_code(narrowed), "RoleScopeBeingRemovedContainsAssignments");
    EXPECT_EQ(around_.world.remove(assignment_url(group_id("rg"), kFirst)).status, 200);
    EXPECT_EQ(around_.world.remove(definition_url(kSub, kRole)).status, 200);
}

// The owner of one group must not widen a role that is valid in another.
TEST_F(RoleDefinitions, TakeARightInEachOfTheirScopes) {
    around_.make_group("mine");
    put(definition_url(kSub, kRole), definition("Builder", group_id("rg")));
    around_.grant(kAlice, identity::kOwnerRole, group_id("mine"));
    around_.as(kAlice);
    const auto widened = put(definition_url(group_id("mine"), kRole),
                             definition("Builder", group_id("mine"), R"({"actions": ["*"]})"));
    EXPECT_EQ(widened.status, 403);
    EXPECT_EQ(error_code(widened), "LinkedAuthorizationFailed");
    EXPECT_EQ(put(definition_url(group_id("mine"), kFirst), definition("New", kSub)).status, 403);
    EXPECT_EQ(around_.world.remove(definition_url(group_id("mine"), kRole)).status, 403);
    EXPECT_EQ(
        put(definition_url(group_id("mine"), kFirst), definition("New", group_id("mine"))).status,
        201);
}

TEST_F(RoleAssignments, AreMadeReadAndRemoved) {
    const auto url = assignment_url(group_id("rg"), kFirst);
    const auto made = put(url + "?api-version=2022-04-01",
                          assignment(identity::kReaderRole, kAlice, R"(, "principalType": "Group",
                       "description": "why")"));
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(text_at(made, "id"), url);
    EXPECT_EQ(text_at(made, "name"), kFirst);
    EXPECT_EQ(text_at(made, "type"), "Microsoft.Authorization/roleAssignments");
    EXPECT_EQ(text_at(made, "properties.roleDefinitionId"),
              definition_url(kSub, std::string(identity::kReaderRole)));
    EXPECT_EQ(text_at(made, "properties.principalId"), kAlice);
    EXPECT_EQ(text_at(made, "properties.principalType"), "Group");
    EXPECT_EQ(text_at(made, "properties.scope"), group_id("rg"));
    EXPECT_EQ(text_at(made, "properties.description"), "why");
    EXPECT_EQ(around_.world.get(url).body, made.body);
    EXPECT_EQ(put(url + "?api-version=2022-04-01", assignment(identity::kReaderRole)).status, 200);
    EXPECT_EQ(
        put(url + "?api-version=2020-04-01-preview", assignment(identity::kReaderRole)).status, 201)
        << "clients of that time take nothing else";
    const auto removed = around_.world.remove(url);
    EXPECT_EQ(removed.status, 200);
    EXPECT_EQ(text_at(removed, "name"), kFirst);
    EXPECT_EQ(around_.world.remove(url).status, 204);
    EXPECT_EQ(error_code(around_.world.get(url)), "RoleAssignmentNotFound");
}

TEST_F(RoleAssignments, StandOnTheTenantAndOnResourcesToo) {
    around_.make(thing_id("rg", "one"));
    EXPECT_EQ(put(assignment_url("", kFirst), assignment(identity::kReaderRole)).status, 201);
    EXPECT_EQ(text_at(around_.world.get(assignment_url("", kFirst)), "properties.scope"), "/");
    EXPECT_EQ(put(assignment_url(thing_id("rg", "one"), kSecond), assignment(identity::kOwnerRole))
                  .status,
              201);
    EXPECT_EQ(
        error_code(put(assignment_url(group_id("none"), kRole), assignment(identity::kReaderRole))),
        "ResourceGroupNotFound");
    EXPECT_EQ(put(assignment_url("/providers/Microsoft.Management/managementGroups/m", kRole),
                  assignment(identity::kReaderRole))
                  .status,
              404);
}

TEST_F(RoleAssignments, AreNotMadeTwice) {
    EXPECT_EQ(put(assignment_url(group_id("rg"), kFirst), assignment(identity::kReaderRole)).status,
              201);
    const auto twice =
        put(assignment_url(group_id("RG"), kSecond), assignment(identity::kReaderRole));
    EXPECT_EQ(twice.status, 409);
    EXPECT_EQ(error_code(twice), "RoleAssignmentExists");
    EXPECT_NE(error_message(twice).find("dddddddd000040008000000000000004"), std::string::npos);
    EXPECT_EQ(put(assignment_url(kSub, kSecond), assignment(identity::kReaderRole)).status, 201);
}

TEST_F(RoleAssignments, OfOneIdCannotBeMoved) {
    put(assignment_url(group_id("rg"), kFirst), assignment(identity::kReaderRole));
    for (const auto& [scope, body] :
         {std::pair{group_id("rg"), assignment(identity::kOwnerRole)},
          std::pair{group_id("rg"), assignment(identity::kReaderRole, kBob)},
          std::pair{kSub, assignment(identity::kReaderRole)}}) {
        const auto refused = put(assignment_url(scope, kFirst), body);
        EXPECT_EQ(refused.status, 400);
        EXPECT_EQ(error_code(refused), "RoleAssignmentUpdateNotPermitted");
    }
}

TEST_F(RoleAssignments, RefuseBadOnes) {
    const auto url = assignment_url(group_id("rg"), kFirst);
    const auto reader = std::string(identity::kReaderRole);
    EXPECT_EQ(error_code(put(assignment_url(kSub, "one"), assignment(reader))),
              "InvalidRoleAssignmentId");
    put(definition_url(kSub, kRole), definition("Elsewhere", group_id("elsewhere")));

    struct Bad {
        std::string body;
        int status;
        std::string code;
    };

    for (const auto& bad : {
             Bad{"7", 400, "InvalidRequestContent"},
             Bad{"{}", 400, "BadRequestFormat"},
             Bad{R"({"properties": "x"})", 400, "InvalidRequestContent"},
             Bad{R"({"properties": {"roleDefinitionId": ")" + reader + R"("}})",
                 400,
                 "BadRequestFormat"},
             Bad{assignment(reader, "alice"), 400, "InvalidPrincipalId"},
             Bad{assignment(reader, kAlice, R"(, "principalType": "Robot")"),
                 400,
                 "UnsupportedPrincipalType"},
             Bad{assignment(reader, kAlice, ""), 400, "PrincipalNotFound"},
             Bad{assignment(reader, kAlice, R"(, "principalType": 1)"),
                 400,
                 "InvalidRequestContent"},
             Bad{assignment("owner"), 400, "InvalidRoleDefinitionId"},
             Bad{assignment(kSecond), 404, "RoleDefinitionDoesNotExist"},
             Bad{assignment(kRole), 400, "RoleNotAssignableAtScope"},
             Bad{assignment(reader, kAlice, R"(, "principalType": "User", "condition": "1 eq 1")"),
                 400,
                 "RoleAssignmentConditionNotSupported"},
             Bad{R"({"properties": {"principalId": ")" + kAlice +
                     R"(", "roleDefinitionId": "/somewhere/else/)" + reader + R"("}})",
                 400,
                 "InvalidRoleDefinitionId"},
         }) {
        const auto answer = put(url, bad.body);
        EXPECT_EQ(answer.status, bad.status) << bad.body;
        EXPECT_EQ(error_code(answer), bad.code) << bad.body;
    }
    EXPECT_EQ(around_.world.get(url).status, 404);
}

TEST_F(RoleAssignments, KnowThePrincipalsOfTheService) {
    around_.world.principals.save({.client_id = kBob, .object_id = kAlice, .display_name = "ci"});
    const auto url = assignment_url(group_id("rg"), kFirst);
    const auto reader = std::string(identity::kReaderRole);
    const auto wrong = put(url, assignment(reader, kBob));
    EXPECT_EQ(error_code(wrong), "PrincipalNotFound");
    EXPECT_NE(error_message(wrong).find(kAlice), std::string::npos) << error_message(wrong);
    const auto made = put(url, assignment(reader, kAlice, R"(, "condition": null)"));
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(text_at(made, "properties.principalType"), "ServicePrincipal");
}

TEST_F(RoleAssignments, AreListedByScopeAndPrincipal) {
    const auto reader = std::string(identity::kReaderRole);
    const std::string below = "eeeeeeee-0000-4000-8000-000000000006";
    const std::string beside = "eeeeeeee-0000-4000-8000-000000000007";
    around_.make_group("rg2");
    put(assignment_url("", kFirst), assignment(reader));
    put(assignment_url(group_id("rg"), kSecond), assignment(reader, kBob));
    put(assignment_url(thing_id("rg", "one"), below), assignment(reader));
    put(assignment_url(group_id("rg2"), beside), assignment(reader));
    const auto list = [&](const std::string& scope, const std::string& filter) {
        const auto answer = around_.world.get(assignment_url(scope, "") + "?$filter=" + filter);
        EXPECT_EQ(answer.status, 200) << error_message(answer);
        return names_in(answer.body);
    };
    EXPECT_EQ(list(group_id("RG"), ""), (Names{kFirst, kSecond, below}));
    EXPECT_EQ(list(group_id("rg"), "atScope()"), (Names{kFirst, kSecond}));
    EXPECT_EQ(list(group_id("rg"), "principalId eq '" + kAlice + "'"), (Names{kFirst, below}));
    EXPECT_EQ(list(group_id("rg"), "atScope() and assignedTo('" + base::to_lower(kBob) + "')"),
              Names{kSecond});
    EXPECT_EQ(list(kSub, "").size(), 4U);
    EXPECT_EQ(list("", "").size(), 4U);
    EXPECT_EQ(list(thing_id("rg", "one"), "").size(), 3U);
    for (const auto* filter : {"roleDefinitionId eq 'x'", "atScope('x')", "asTarget()"}) {
        EXPECT_EQ(around_.world.get(assignment_url(kSub, "") + "?$filter=" + filter).status, 400);
    }
}

TEST_F(RoleAssignments, OfOneNameByTwoAtOnceAreOne) {
    const auto reader = std::string(identity::kReaderRole);
    std::vector<int> statuses(2);
    const auto make = [&](std::size_t who) {
        statuses[who] =
            put(assignment_url(group_id("rg"), who == 0 ? kFirst : kSecond), assignment(reader))
                .status;
    };
    std::thread other(make, 1);
    make(0);
    other.join();
    std::ranges::sort(statuses);
    EXPECT_EQ(statuses, (std::vector<int>{201, 409}));
    EXPECT_EQ(around_.access->now()->assignments.size(), 1U);
}

TEST_F(RoleAssignments, GrantedWithoutARequestAreMadeOnce) {
    around_.grant(kAlice, identity::kOwnerRole, "/");
    around_.grant(kAlice, identity::kOwnerRole, "");
    around_.grant(base::to_lower(kAlice), identity::kOwnerRole, "/");
    EXPECT_EQ(around_.access->now()->assignments.size(), 1U);
}

TEST_F(RolesTest, TellCallersTheirOwnPermissions) {
    around_.grant(kAlice, identity::kReaderRole, kSub);
    around_.grant(kAlice, identity::kContributorRole, group_id("rg"));
    around_.as(kAlice);
    const auto url = [](const std::string& scope) {
        return scope + "/providers/Microsoft.Authorization/permissions";
    };
    const auto answer = around_.world.get(url(group_id("rg")));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(at(answer.body, "value").as_array().size(), 2U);
    EXPECT_TRUE(at(answer.body, "value.0.notActions").is_array());
    const auto above = around_.world.get(url(kSub));
    EXPECT_EQ(at(above.body, "value").as_array().size(), 1U);
    EXPECT_EQ(text_at(above, "value.0.actions.0"), "*/read");
    around_.as(kBob);
    EXPECT_TRUE(at(around_.world.get(url(kSub)).body, "value").as_array().empty());
}

}  // namespace
}  // namespace ingot::providers
