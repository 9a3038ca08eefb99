// SPDX-License-Identifier: Apache-2.0
#include "identity/permission.h"

#include "identity/scope.h"

#include <gtest/gtest.h>

namespace ingot::identity {
namespace {

constexpr std::string_view kAda = "11111111-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
constexpr std::string_view kBob = "22222222-bbbb-4bbb-8bbb-bbbbbbbbbbbb";
constexpr std::string_view kGroup = "/subscriptions/S/resourceGroups/Images";
constexpr std::string_view kTemplate =
    "/subscriptions/S/resourceGroups/Images/providers/Microsoft.VirtualMachineImages/"
    "imageTemplates/web";
constexpr std::string_view kRun = "Microsoft.VirtualMachineImages/imageTemplates/run/action";
constexpr std::string_view kRead = "Microsoft.VirtualMachineImages/imageTemplates/read";
constexpr std::string_view kWrite = "Microsoft.VirtualMachineImages/imageTemplates/write";

RoleAssignment assigned(std::string_view principal, std::string_view role, std::string_view scope) {
    return {.id = "a",
            .scope = std::string(scope),
            .role_definition_id = std::string(role),
            .principal_id = std::string(principal)};
}

AccessTable table_of(const std::vector<RoleAssignment>& assignments,
                     const std::vector<RoleDefinition>& more = {}) {
    auto roles = built_in_roles();
    roles.insert(roles.end(), more.begin(), more.end());
    return {roles, assignments};
}

RoleDefinition custom(std::vector<Permission> permissions) {
    return {.id = "33333333-cccc-4ccc-8ccc-cccccccccccc",
            .name = "custom",
            .permissions = std::move(permissions)};
}

TEST(ActionPattern, CoversAsAzureDoes) {
    struct Case {
        std::string_view pattern;
        std::string_view action;
        bool covers;
    };

    for (const Case& c :
         {Case{"*", kRun, true},
          {"*/read", kRead, true},
          {"*/read", kRun, false},
          {"*/read", "Microsoft.Compute/galleries/images/versions/read", true},
          {"microsoft.compute/GALLERIES/*", "Microsoft.Compute/galleries/read", true},
          {"Microsoft.Compute/galleries/*", "Microsoft.Compute/galleries", false},
          {"Microsoft.Compute/galleries/*", "Microsoft.Compute/galleriesX/read", false},
          {"Microsoft.*/imageTemplates/*/action", kRun, true},
          {"Microsoft.*/imageTemplates/*/action", kRead, false},
          {"Microsoft.Authorization/*/Write",
           "Microsoft.Authorization/roleAssignments/write",
           true},
          {"Microsoft.Authorization/*/Write", "Microsoft.Authorization/write", false},
          {kRun, kRun, true},
          {kRun, "microsoft.virtualmachineimages/IMAGETEMPLATES/Run/Action", true},
          {"", kRun, false},
          {"**/read", kRead, true},
          {"*a*b*a", "xaxbxbxa", true},
          {"*a*b*a", "xaxbxbx", false},
          {"Microsoft.Compute", "Microsoft.Compute/images/read", false}}) {
        EXPECT_EQ(action_matches(c.pattern, c.action), c.covers) << c.pattern << " " << c.action;
    }
}

TEST(Scope, ContainsByWholeSegments) {
    struct Case {
        std::string_view outer;
        std::string_view inner;
        bool contains;
    };

    for (const Case& c : {Case{"/", "/", true},
                          {"/", kTemplate, true},
                          {"/subscriptions/s", kTemplate, true},
                          {"/subscriptions/s/", kTemplate, true},
                          {"/subscriptions/s2", kTemplate, false},
                          {"/subscriptions/s/resourcegroups/IMAGES", kTemplate, true},
                          {"subscriptions/s/resourceGroups/images", kTemplate, true},
                          {"/subscriptions/s/resourceGroups/image", kTemplate, false},
                          {"/subscriptions/s/resourceGroups/images2", kTemplate, false},
                          {kTemplate, kTemplate, true},
                          {kTemplate,
                           "/subscriptions/s/resourcegroups/images/providers//Microsoft."
                           "VirtualMachineImages/imageTemplates/web/runOutputs/o",
                           true},
                          {kTemplate, kGroup, false},
                          {kGroup, "/", false}}) {
        EXPECT_EQ(scope_contains(c.outer, c.inner), c.contains) << c.outer << " " << c.inner;
    }
}

TEST(AccessTable, InheritsDownwardsOnly) {
    const auto table = table_of({assigned(kAda, kContributorRole, kGroup)});
    EXPECT_TRUE(table.allows(kAda, kRun, kTemplate));
    EXPECT_TRUE(table.allows(kAda, kWrite, kGroup));
    EXPECT_FALSE(table.allows(kAda, kRead, "/subscriptions/S"));
    EXPECT_FALSE(table.allows(kAda, kRead, "/subscriptions/S/resourceGroups/Other"));
    EXPECT_FALSE(table.allows(kBob, kRead, kTemplate));
}

TEST(AccessTable, ComparesPrincipalsAndScopesWithoutCase) {
    const auto table = table_of({assigned("ABCDEF", kReaderRole, "/SUBSCRIPTIONS/s")});
    EXPECT_TRUE(table.allows("abcdef", "MICROSOFT.compute/images/READ", kGroup));
}

TEST(AccessTable, AReaderOnlyReads) {
    const auto table = table_of({assigned(kAda, kReaderRole, "/")});
    EXPECT_TRUE(table.allows(kAda, kRead, kTemplate));
    EXPECT_FALSE(table.allows(kAda, kWrite, kTemplate));
    EXPECT_FALSE(table.allows(kAda, kRun, kTemplate));
}

TEST(AccessTable, AContributorCannotAssignRoles) {
    const auto table = table_of({assigned(kAda, kContributorRole, "/")});
    EXPECT_TRUE(table.allows(kAda, "Microsoft.Authorization/roleAssignments/read", kGroup));
    EXPECT_FALSE(table.allows(kAda, "Microsoft.Authorization/roleAssignments/write", kGroup));
    EXPECT_FALSE(table.allows(kAda, "microsoft.authorization/ROLEDEFINITIONS/Delete", kGroup));
}

// not_actions withhold within one role; another may give the same.
TEST(AccessTable, AddsRolesUp) {
    const auto table = table_of({assigned(kAda, kContributorRole, "/"),
                                 assigned(kAda, kUserAccessAdministratorRole, kGroup)});
    constexpr std::string_view kAssign = "Microsoft.Authorization/roleAssignments/write";
    EXPECT_TRUE(table.allows(kAda, kAssign, kTemplate));
    EXPECT_FALSE(table.allows(kAda, kAssign, "/subscriptions/S"));
}

TEST(AccessTable, WithholdsFromTheSamePermissionOnly) {
    const auto role = custom(
        {{.actions = {"Microsoft.Compute/*"}, .not_actions = {"Microsoft.Compute/images/delete"}},
         {.actions = {"Microsoft.VirtualMachineImages/*"}}});
    const auto table = table_of({assigned(kAda, role.id, kGroup)}, {role});
    EXPECT_TRUE(table.allows(kAda, "Microsoft.Compute/images/read", kGroup));
    EXPECT_FALSE(table.allows(kAda, "Microsoft.Compute/images/delete", kGroup));
    EXPECT_TRUE(table.allows(kAda, kRun, kTemplate));
}

TEST(AccessTable, KeepsTheDataPlaneApart) {
    constexpr std::string_view kBlob =
        "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
    const auto table = table_of(
        {assigned(kAda, kStorageBlobDataReaderRole, kGroup), assigned(kBob, kOwnerRole, "/")});
    EXPECT_TRUE(table.allows(kAda, kBlob, kGroup, Plane::Data));
    EXPECT_FALSE(table.allows(kAda, kBlob, kGroup, Plane::Control));
    EXPECT_FALSE(table.allows(kBob, kBlob, kGroup, Plane::Data));
}

TEST(AccessTable, TakesTheRoleByItsArmIdToo) {
    const auto table =
        table_of({assigned(kAda,
                           "/subscriptions/S/providers/Microsoft.Authorization/roleDefinitions/"
                           "8E3AF657-A8FF-443C-A75C-2FE8C4BCB635",
                           kGroup)});
    EXPECT_TRUE(table.allows(kAda, kWrite, kGroup));
}

TEST(AccessTable, GrantsNothingByAnUnknownRole) {
    EXPECT_FALSE(table_of({assigned(kAda, "no such role", "/")}).allows(kAda, kRead, kGroup));
    EXPECT_FALSE(AccessTable().allows(kAda, kRead, "/"));
}

TEST(AccessTable, RefusesPathTricksAndNoAction) {
    const auto table = table_of({assigned(kAda, kOwnerRole, "/")});
    EXPECT_FALSE(table.allows(kAda, kRead, "/subscriptions/S/resourceGroups/Images/../Other"));
    EXPECT_FALSE(table.allows(kAda, kRead, "/subscriptions/S/./resourceGroups/Images"));
    EXPECT_FALSE(table.allows(kAda, kRead, "/subscriptions/S/.."));
    EXPECT_TRUE(table.allows(kAda, kRead, "/subscriptions/S/resourceGroups/a..b"));
    EXPECT_FALSE(table.allows(kAda, "", kGroup));
}

TEST(AccessTable, AsksForAPrincipalAndItsGroups) {
    const auto table = table_of({assigned(kBob, kReaderRole, "/")});
    const std::vector<std::string> both = {std::string(kAda), std::string(kBob)};
    EXPECT_TRUE(table.allows_any(both, kRead, kGroup));
    EXPECT_FALSE(table.allows_any(std::vector{both[0]}, kRead, kGroup));
}

TEST(Denial, ReadsAsArmWritesIt) {
    const auto error = authorization_failed("client", "object", kRun, kTemplate);
    EXPECT_EQ(error.kind(), base::ErrorKind::Forbidden);
    EXPECT_EQ(error.code(), "AuthorizationFailed");
    EXPECT_EQ(error.message(),
              "The client 'client' with object id 'object' does not have authorization to perform "
              "action '" +
                  std::string(kRun) + "' over scope '" + std::string(kTemplate) +
                  "' or the scope is invalid. If access was recently granted, please refresh your "
                  "credentials.");
}

TEST(Role, KnowsWhereItMayBeAssigned) {
    auto role = custom({});
    role.assignable_scopes = {"/subscriptions/S", std::string(kGroup)};
    EXPECT_TRUE(is_assignable_at(role, kTemplate));
    EXPECT_FALSE(is_assignable_at(role, "/subscriptions/T"));
    EXPECT_FALSE(is_assignable_at(role, "/"));
    for (const auto& built_in : built_in_roles()) {
        EXPECT_TRUE(is_assignable_at(built_in, kTemplate)) << built_in.name;
        EXPECT_EQ(to_string(built_in.type), "BuiltInRole");
    }
}

}  // namespace
}  // namespace ingot::identity
