// SPDX-License-Identifier: Apache-2.0
// Role definitions and assignments as documents of the resource repository, in ARM's form, and
// back. Custom definitions are kept at the tenant, whatever scope they were made at: their UUID
// names them everywhere. Assignments are kept on the scope they are for. Rules are roles.h's.
#pragma once

#include "identity/role.h"
#include "resources/resource.h"

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace ingot::providers {

inline constexpr std::string_view kRoleDefinitions = "Microsoft.Authorization/roleDefinitions";
inline constexpr std::string_view kRoleAssignments = "Microsoft.Authorization/roleAssignments";

// As a client at `scope` gets it; the id is below the scope's subscription, if it has one.
[[nodiscard]] boost::json::object role_definition_document(const identity::RoleDefinition& role,
                                                           std::string_view scope);
[[nodiscard]] std::string role_definition_id(std::string_view uuid, std::string_view scope);

[[nodiscard]] resources::Resource role_definition_resource(const identity::RoleDefinition& role);
[[nodiscard]] identity::RoleDefinition role_definition_from(const resources::Resource& resource);

[[nodiscard]] resources::Resource role_assignment_resource(
    const identity::RoleAssignment& assignment);
[[nodiscard]] identity::RoleAssignment role_assignment_from(const resources::Resource& resource);

// {actions, notActions, dataActions, notDataActions}
[[nodiscard]] boost::json::object permission_document(const identity::Permission& permission);
// Throws Error{InvalidArgument, "InvalidRequestContent"} for what is none.
[[nodiscard]] identity::Permission permission_from(const boost::json::object& document);

}  // namespace ingot::providers
