// SPDX-License-Identifier: Apache-2.0
#include "identity/role.h"

#include "base/ascii.h"
#include "identity/scope.h"

#include <algorithm>
#include <utility>

namespace ingot::identity {
namespace {

RoleDefinition built_in(std::string_view id,
                        std::string name,
                        std::string description,
                        Permission permission) {
    return {.id = std::string(id),
            .name = std::move(name),
            .description = std::move(description),
            .type = RoleType::BuiltIn,
            .permissions = {std::move(permission)},
            .assignable_scopes = {"/"}};
}

// What Azure publishes for the role; read and assign of everything else follow from the "*".
Permission contributor() {
    return {.actions = {"*"},
            .not_actions = {"Microsoft.Authorization/*/Delete",
                            "Microsoft.Authorization/*/Write",
                            "Microsoft.Authorization/elevateAccess/Action",
                            "Microsoft.Blueprint/blueprintAssignments/write",
                            "Microsoft.Blueprint/blueprintAssignments/delete",
                            "Microsoft.Compute/galleries/share/action",
                            "Microsoft.Purview/consents/write",
                            "Microsoft.Purview/consents/delete",
                            "Microsoft.Resources/deploymentStacks/manageDenySetting/action"}};
}

Permission managed_identity_operator() {
    return {.actions = {"Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
                        "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
                        "Microsoft.Authorization/*/read",
                        "Microsoft.Insights/alertRules/*",
                        "Microsoft.Resources/subscriptions/resourceGroups/read",
                        "Microsoft.Resources/deployments/*",
                        "Microsoft.Support/*"}};
}

Permission storage_blob_data_reader() {
    return {
        .actions = {"Microsoft.Storage/storageAccounts/blobServices/containers/read",
                    "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/"
                    "action"},
        .data_actions = {"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"}};
}

}  // namespace

std::string to_string(RoleType type) {
    return type == RoleType::BuiltIn ? "BuiltInRole" : "CustomRole";
}

std::string to_string(PrincipalType type) {
    switch (type) {
        case PrincipalType::ServicePrincipal:
            return "ServicePrincipal";
        case PrincipalType::User:
            return "User";
        case PrincipalType::Group:
            return "Group";
    }
    return "Unknown";
}

std::vector<RoleDefinition> built_in_roles() {
    return {
        built_in(
            kOwnerRole,
            "Owner",
            "Grants full access to manage all resources, including the ability to assign roles "
            "in Azure RBAC.",
            {.actions = {"*"}}),
        built_in(kContributorRole,
                 "Contributor",
                 "Grants full access to manage all resources, but does not allow you to assign "
                 "roles in Azure RBAC, manage assignments in Azure Blueprints, or share image "
                 "galleries.",
                 contributor()),
        built_in(kReaderRole,
                 "Reader",
                 "View all resources, but does not allow you to make any changes.",
                 {.actions = {"*/read"}}),
        built_in(kUserAccessAdministratorRole,
                 "User Access Administrator",
                 "Lets you manage user access to Azure resources.",
                 {.actions = {"*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"}}),
        built_in(kManagedIdentityOperatorRole,
                 "Managed Identity Operator",
                 "Read and Assign User Assigned Identity",
                 managed_identity_operator()),
        built_in(kStorageBlobDataReaderRole,
                 "Storage Blob Data Reader",
                 "Allows for read access to Azure Storage blob containers and data",
                 storage_blob_data_reader()),
    };
}

std::string role_definition_uuid(std::string_view id) {
    return base::to_lower(id.substr(id.rfind('/') + 1));
}

bool is_assignable_at(const RoleDefinition& role, std::string_view scope) {
    return std::any_of(role.assignable_scopes.begin(),
                       role.assignable_scopes.end(),
                       [&](const auto& outer) { return scope_contains(outer, scope); });
}

}  // namespace ingot::identity
