// SPDX-License-Identifier: Apache-2.0
#include "arm/resource_id.h"
#include "base/ascii.h"
#include "base/error.h"
#include "base/uuid.h"
#include "identity/scope.h"
#include "providers/body_members.h"
#include "providers/role_documents.h"
#include "providers/roles.h"
#include "resources/documents.h"
#include "resources/filter.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using identity::RoleDefinition;
using identity::RoleType;
using resources::Answer;
using resources::Call;

constexpr std::string_view kWriteDefinition = "Microsoft.Authorization/roleDefinitions/write";
constexpr std::string_view kDeleteDefinition = "Microsoft.Authorization/roleDefinitions/delete";
constexpr std::string_view kDefinitionFilters =
    "roleName eq 'name', type eq 'BuiltInRole' or 'CustomRole', atScopeAndBelow(), and these "
    "joined by 'and'";

Error refused_role(std::string code, std::string message) {
    return {ErrorKind::InvalidArgument, std::move(code), std::move(message)};
}

// Whether the role is one of those that a client at `scope` deals with.
bool is_seen_at(const RoleDefinition& role, std::string_view scope, bool and_below) {
    return identity::is_assignable_at(role, scope) ||
           (and_below && std::ranges::any_of(role.assignable_scopes, [&](const auto& inner) {
                return identity::scope_contains(scope, inner);
            }));
}

// "Microsoft.Compute/images/read" with stars anywhere. Which operations there are is not asked:
// roles name those of services that Ingot has not got, too.
void check_operations(const std::vector<std::string>& operations) {
    for (const auto& operation : operations) {
        const bool plain = std::ranges::all_of(operation, [](unsigned char c) {
            return std::isalnum(c) != 0 ||
                   std::string_view("*/._-").find(static_cast<char>(c)) != std::string_view::npos;
        });
        if (!plain || operation.find_first_of("*/") == std::string::npos) {
            throw refused_role(
                "InvalidActionOrNotAction",
                fmt::format("'{}' does not match any of the actions supported by the providers.",
                            operation));
        }
    }
}

std::vector<identity::Permission> permissions_in(const boost::json::object& properties) {
    std::vector<identity::Permission> permissions;
    const auto* list = properties.if_contains("permissions");
    if (list == nullptr || !list->is_array() || list->get_array().empty()) {
        throw refused_role(
            "InvalidRoleDefinition",
            "The role definition needs a list 'permissions' with at least one entry.");
    }
    for (const auto& entry : list->get_array()) {
        if (!entry.is_object()) {
            throw refused_role("InvalidRoleDefinition",
                               "Each entry of 'permissions' must be an object.");
        }
        permissions.push_back(permission_from(entry.get_object()));
        const auto& read = permissions.back();
        for (const auto* operations :
             {&read.actions, &read.not_actions, &read.data_actions, &read.not_data_actions}) {
            check_operations(*operations);
        }
    }
    return permissions;
}

std::vector<std::string> scopes_in(const boost::json::object& properties) {
    auto scopes = texts_member(properties, "assignableScopes");
    if (scopes.empty()) {
        throw refused_role("InvalidRoleDefinition",
                           "The role definition needs 'assignableScopes'.");
    }
    for (auto& scope : scopes) {
        if (scope != "/" && !arm::ResourceId::try_parse(scope)) {
            throw refused_role(
                "InvalidAssignableScope",
                fmt::format("'{}' is not a scope that a role can be assigned at.", scope));
        }
        scope = scope.starts_with('/') ? scope : "/" + scope;
    }
    return scopes;
}

RoleDefinition definition_in(const Call& call) {
    const auto& properties = object_member(call.object(), "properties");
    RoleDefinition role{.id = base::to_lower(call.name()),
                        .name = text_member(properties, "roleName"),
                        .description = text_member(properties, "description"),
                        .permissions = permissions_in(properties),
                        .assignable_scopes = scopes_in(properties),
                        .created = base::now(),
                        .updated = base::now(),
                        .created_by = call.caller.object_id};
    if (role.name.empty()) {
        throw refused_role("InvalidRoleDefinition", "The role definition needs a 'roleName'.");
    }
    return role;
}

class RoleDefinitions {
  public:
    RoleDefinitions(const Services& services, Access& access)
        : services_(services), access_(access) {}

    [[nodiscard]] Answer get(const Call& call) const {
        const auto snapshot = access_.now();
        const auto* role = snapshot->role(call.name());
        if (role == nullptr || !is_seen_at(*role, call.path.scope, true)) {
            throw does_not_exist(call.name());
        }
        return resources::ok(role_definition_document(*role, call.path.scope));
    }

    [[nodiscard]] Answer put(const Call& call) const {
        if (!base::is_uuid(call.name())) {
            throw refused_role("InvalidRoleDefinitionId",
                               fmt::format("The role definition ID '{}' is not valid. The role "
                                           "definition ID must be a GUID.",
                                           call.name()));
        }
        auto role = definition_in(call);
        const auto lock = access_.begin_change();
        const auto snapshot = access_.now();
        const auto* known = snapshot->role(role.id);
        check_rights(call, kWriteDefinition, role);
        if (known != nullptr) {
            check_replacing(call, *known, role, *snapshot);
            role.created = known->created;
        }
        check_name(role, *snapshot);
        write(call, role);
        return resources::created(role_definition_document(role, call.path.scope));
    }

    [[nodiscard]] Answer remove(const Call& call) const {
        const auto lock = access_.begin_change();
        const auto snapshot = access_.now();
        const auto* known = snapshot->role(call.name());
        if (known == nullptr) {
            return resources::no_content();
        }
        refuse_built_in(*known);
        check_rights(call, kDeleteDefinition, *known);
        refuse_assigned(*known, *snapshot);
        const auto resource = role_definition_resource(*known);
        resources::Change change;
        change.removals.push_back(
            {resources::key_of(resource.id), resources::Expectation::anything()});
        change.activities.push_back(
            resources::activity_of(call, std::string(kDeleteDefinition), shown_id(call)));
        static_cast<void>(services_.resources.apply(change));
        access_.changed();
        return resources::ok(role_definition_document(*known, call.path.scope));
    }

    [[nodiscard]] Answer list(const Call& call) const {
        const auto text = call.query_value("$filter");
        const auto terms = resources::parse_filter(text, kDefinitionFilters);
        const bool below = std::ranges::any_of(
            terms, [](const auto& term) { return term.is_function("atscopeandbelow"); });
        std::vector<resources::ListEntry> entries;
        for (const auto& role : access_.now()->roles) {
            const bool wanted = std::ranges::all_of(
                terms, [&](const auto& term) { return matches(term, role, text); });
            if (wanted && is_seen_at(role, call.path.scope, below)) {
                entries.push_back({role.id, role_definition_document(role, call.path.scope)});
            }
        }
        std::ranges::sort(entries, {}, &resources::ListEntry::key);
        return resources::page_of(call, std::move(entries));
    }

    static Error does_not_exist(std::string_view id) {
        return {ErrorKind::NotFound,
                "RoleDefinitionDoesNotExist",
                fmt::format("The specified role definition with ID '{}' does not exist.", id)};
    }

  private:
    static bool matches(const resources::FilterTerm& term,
                        const RoleDefinition& role,
                        const std::string& text) {
        if (term.is_equal("rolename")) {
            return base::equal_ignoring_case(role.name, term.value);
        }
        if (term.is_equal("type")) {
            return base::equal_ignoring_case(to_string(role.type), term.value);
        }
        if (term.is_function("atscopeandbelow") && term.value.empty()) {
            return true;
        }
        throw resources::unsupported_filter(text, kDefinitionFilters);
    }

    static void refuse_built_in(const RoleDefinition& role) {
        if (role.type == RoleType::BuiltIn) {
            throw Error(
                ErrorKind::Forbidden,
                "BuiltInRoleChangeNotPermitted",
                fmt::format("The built-in role '{}' cannot be changed or deleted.", role.name));
        }
    }

    // One role is valid in all its scopes, so its writer needs the right in each of them.
    void check_rights(const Call& call, std::string_view action, const RoleDefinition& role) const {
        for (const auto& scope : role.assignable_scopes) {
            if (!access_.may(call.caller, action, scope)) {
                throw Error(ErrorKind::Forbidden,
                            "LinkedAuthorizationFailed",
                            fmt::format("The client '{}' with object id '{}' does not have "
                                        "permission to perform action '{}' on the assignable "
                                        "scope '{}' of the role.",
                                        call.caller.client_id,
                                        call.caller.object_id,
                                        action,
                                        scope));
            }
        }
    }

    void check_replacing(const Call& call,
                         const RoleDefinition& known,
                         const RoleDefinition& wanted,
                         const AccessSnapshot& snapshot) const {
        refuse_built_in(known);
        check_rights(call, kWriteDefinition, known);
        for (const auto& assignment : snapshot.assignments) {
            if (assignment.role_definition_id == known.id &&
                !identity::is_assignable_at(wanted, assignment.scope)) {
                throw refused_role(
                    "RoleScopeBeingRemovedContainsAssignments",
                    fmt::format("Role assignments found under scope '{}' which is being "
                                "removed. Removing this scope from the role will orphan "
                                "these assignments. Delete these assignments before "
                                "removing the scope.",
                                assignment.scope));
            }
        }
    }

    static void check_name(const RoleDefinition& role, const AccessSnapshot& snapshot) {
        const auto taken = std::ranges::any_of(snapshot.roles, [&](const auto& other) {
            return other.id != role.id && base::equal_ignoring_case(other.name, role.name);
        });
        if (taken) {
            throw Error(ErrorKind::Conflict,
                        "RoleDefinitionWithSameNameExists",
                        "A custom role with the same name already exists in this directory. Use a "
                        "different name.");
        }
    }

    static void refuse_assigned(const RoleDefinition& role, const AccessSnapshot& snapshot) {
        const auto assigned = std::ranges::count(
            snapshot.assignments, role.id, &identity::RoleAssignment::role_definition_id);
        if (assigned > 0) {
            throw Error(ErrorKind::Conflict,
                        "RoleDefinitionHasAssignments",
                        fmt::format("There are existing role assignments referencing role '{}' "
                                    "({} of them). Delete them before the role.",
                                    role.name,
                                    assigned));
        }
    }

    static std::string shown_id(const Call& call) {
        return role_definition_id(base::to_lower(call.name()), call.path.scope);
    }

    void write(const Call& call, const RoleDefinition& role) const {
        const auto resource = role_definition_resource(role);
        const auto stored = services_.resources.find(resources::key_of(resource.id));
        resources::Change change;
        change.writes.push_back(
            {resource, resources::expectation_of(call, stored ? &*stored : nullptr)});
        change.activities.push_back(
            resources::activity_of(call, std::string(kWriteDefinition), shown_id(call)));
        static_cast<void>(services_.resources.apply(change));
        access_.changed();
    }

    const Services& services_;
    Access& access_;
};

}  // namespace

resources::ResourceType role_definitions(const Services& services, Access& access) {
    const RoleDefinitions verbs(services, access);
    resources::ResourceType type;
    type.name = kRoleDefinitions;
    type.api_versions = authorization_versions();
    type.has_location = false;
    type.is_extension = true;
    type.get = [verbs](const Call& call) { return verbs.get(call); };
    type.put = [verbs](const Call& call) { return verbs.put(call); };
    type.remove = [verbs](const Call& call) { return verbs.remove(call); };
    type.list = [verbs](const Call& call) { return verbs.list(call); };
    return type;
}

}  // namespace ingot::providers
