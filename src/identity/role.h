// SPDX-License-Identifier: Apache-2.0
// Role definitions and assignments as Azure has them: what a role may do, and who holds it where.
// Values only: deciding is permission.h's job, keeping them a repository's, their ARM form that of
// the provider of Microsoft.Authorization.
#pragma once

#include "base/timestamp.h"

#include <string>
#include <string_view>
#include <vector>

namespace ingot::identity {

inline constexpr std::string_view kOwnerRole = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
inline constexpr std::string_view kContributorRole = "b24988ac-6180-42a0-ab88-20f7382dd24c";
inline constexpr std::string_view kReaderRole = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
inline constexpr std::string_view kUserAccessAdministratorRole =
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9";
inline constexpr std::string_view kManagedIdentityOperatorRole =
    "f1a07417-d97a-45cb-824c-7a7467783830";
inline constexpr std::string_view kStorageBlobDataReaderRole =
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1";

enum class RoleType { BuiltIn, Custom };

// "BuiltInRole" or "CustomRole".
[[nodiscard]] std::string to_string(RoleType type);

// Operations with `*` anywhere. What not_actions names is taken from this permission's actions
// only; another role may grant it.
struct Permission {
    std::vector<std::string> actions{};
    std::vector<std::string> not_actions{};
    std::vector<std::string> data_actions{};
    std::vector<std::string> not_data_actions{};
};

struct RoleDefinition {
    std::string id;  // a UUID, in lower case
    std::string name;
    std::string description{};
    RoleType type = RoleType::Custom;
    std::vector<Permission> permissions{};
    std::vector<std::string> assignable_scopes{};
    base::Timestamp created{};
    base::Timestamp updated{};
    std::string created_by{};  // an object id
};

enum class PrincipalType { ServicePrincipal, User, Group };

[[nodiscard]] std::string to_string(PrincipalType type);

struct RoleAssignment {
    std::string id;                  // a UUID, in lower case
    std::string scope;               // an ARM id, or "/"
    std::string role_definition_id;  // the UUID alone
    std::string principal_id;        // an object id
    PrincipalType principal_type = PrincipalType::ServicePrincipal;
    std::string description{};
    base::Timestamp created{};
    base::Timestamp updated{};
    std::string created_by{};  // an object id
};

// Owner, Contributor, Reader and the others named above, with Azure's actions.
[[nodiscard]] std::vector<RoleDefinition> built_in_roles();

// The UUID in lower case, from itself or from an ARM id that ends in it.
[[nodiscard]] std::string role_definition_uuid(std::string_view id);

// Whether the role may be assigned at `scope`: one of its assignable scopes contains it.
[[nodiscard]] bool is_assignable_at(const RoleDefinition& role, std::string_view scope);

}  // namespace ingot::identity
