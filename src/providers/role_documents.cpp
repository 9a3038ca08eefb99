// SPDX-License-Identifier: Apache-2.0
#include "providers/role_documents.h"

#include "arm/resource_id.h"
#include "base/ascii.h"
#include "providers/body_members.h"

#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using boost::json::array;
using boost::json::object;
using identity::Permission;
using identity::RoleAssignment;
using identity::RoleDefinition;
using resources::Resource;

array texts(const std::vector<std::string>& list) {
    return array(list.begin(), list.end());
}

std::string time_text(base::Timestamp time) {
    return base::to_rfc3339(time);
}

base::Timestamp time_member(const object& properties, std::string_view name) {
    return base::from_rfc3339(text_member(properties, name)).value_or(base::Timestamp());
}

identity::PrincipalType principal_type_from(std::string_view text) {
    return text == "User"    ? identity::PrincipalType::User
           : text == "Group" ? identity::PrincipalType::Group
                             : identity::PrincipalType::ServicePrincipal;
}

object definition_properties(const RoleDefinition& role) {
    array permissions;
    for (const auto& permission : role.permissions) {
        permissions.push_back(permission_document(permission));
    }
    return {{"roleName", role.name},
            {"type", to_string(role.type)},
            {"description", role.description},
            {"assignableScopes", texts(role.assignable_scopes)},
            {"permissions", std::move(permissions)},
            {"createdOn", time_text(role.created)},
            {"updatedOn", time_text(role.updated)},
            {"createdBy", role.created_by},
            {"updatedBy", role.created_by}};
}

// "" for the tenant, otherwise as written without a slash at the end.
std::string scope_prefix(std::string_view scope) {
    while (scope.ends_with('/')) {
        scope.remove_suffix(1);
    }
    return std::string(scope);
}

}  // namespace

object permission_document(const Permission& permission) {
    return {{"actions", texts(permission.actions)},
            {"notActions", texts(permission.not_actions)},
            {"dataActions", texts(permission.data_actions)},
            {"notDataActions", texts(permission.not_data_actions)}};
}

Permission permission_from(const object& document) {
    return {.actions = texts_member(document, "actions"),
            .not_actions = texts_member(document, "notActions"),
            .data_actions = texts_member(document, "dataActions"),
            .not_data_actions = texts_member(document, "notDataActions")};
}

std::string role_definition_id(std::string_view uuid, std::string_view scope) {
    const auto id = arm::ResourceId::try_parse(scope);
    return fmt::format("{}/providers/{}/{}",
                       id ? "/subscriptions/" + id->subscription() : std::string(),
                       kRoleDefinitions,
                       uuid);
}

object role_definition_document(const RoleDefinition& role, std::string_view scope) {
    return {{"properties", definition_properties(role)},
            {"id", role_definition_id(role.id, scope)},
            {"type", kRoleDefinitions},
            {"name", role.id}};
}

Resource role_definition_resource(const RoleDefinition& role) {
    Resource resource;
    resource.id = role_definition_id(role.id, "/");
    resource.type = kRoleDefinitions;
    resource.properties() = definition_properties(role);
    resource.created = role.created;
    resource.changed = role.updated;
    return resource;
}

RoleDefinition role_definition_from(const Resource& resource) {
    const auto& properties = resource.properties();
    RoleDefinition role{.id = base::to_lower(resource.name()),
                        .name = text_member(properties, "roleName"),
                        .description = text_member(properties, "description"),
                        .assignable_scopes = texts_member(properties, "assignableScopes"),
                        .created = time_member(properties, "createdOn"),
                        .updated = time_member(properties, "updatedOn"),
                        .created_by = text_member(properties, "createdBy")};
    if (const auto* permissions = properties.if_contains("permissions")) {
        for (const auto& permission : permissions->as_array()) {
            role.permissions.push_back(permission_from(permission.as_object()));
        }
    }
    return role;
}

Resource role_assignment_resource(const RoleAssignment& assignment) {
    Resource resource;
    resource.id = fmt::format(
        "{}/providers/{}/{}", scope_prefix(assignment.scope), kRoleAssignments, assignment.id);
    resource.type = kRoleAssignments;
    resource.created = assignment.created;
    resource.changed = assignment.updated;
    resource.properties() = {
        {"roleDefinitionId", role_definition_id(assignment.role_definition_id, assignment.scope)},
        {"principalId", assignment.principal_id},
        {"principalType", to_string(assignment.principal_type)},
        {"scope", assignment.scope.empty() ? "/" : assignment.scope},
        {"description", assignment.description},
        {"condition", nullptr},
        {"conditionVersion", nullptr},
        {"createdOn", time_text(assignment.created)},
        {"updatedOn", time_text(assignment.updated)},
        {"createdBy", assignment.created_by},
        {"updatedBy", assignment.created_by},
        {"delegatedManagedIdentityResourceId", nullptr}};
    return resource;
}

RoleAssignment role_assignment_from(const Resource& resource) {
    const auto& properties = resource.properties();
    return {.id = base::to_lower(resource.name()),
            .scope = text_member(properties, "scope"),
            .role_definition_id =
                identity::role_definition_uuid(text_member(properties, "roleDefinitionId")),
            .principal_id = text_member(properties, "principalId"),
            .principal_type = principal_type_from(text_member(properties, "principalType")),
            .description = text_member(properties, "description"),
            .created = time_member(properties, "createdOn"),
            .updated = time_member(properties, "updatedOn"),
            .created_by = text_member(properties, "createdBy")};
}

}  // namespace ingot::providers
