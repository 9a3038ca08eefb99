// SPDX-License-Identifier: Apache-2.0
#include "providers/access.h"

#include "base/ascii.h"
#include "identity/scope.h"
#include "providers/role_documents.h"

#include <algorithm>

namespace ingot::providers {
namespace {

std::vector<resources::Resource> all_of(resources::ResourceRepository& repository,
                                        std::string_view type) {
    resources::ResourceFilter filter;
    filter.type = type;
    return repository.list(filter);
}

std::shared_ptr<const AccessSnapshot> compile(resources::ResourceRepository& repository) {
    auto snapshot = std::make_shared<AccessSnapshot>();
    snapshot->roles = identity::built_in_roles();
    for (const auto& resource : all_of(repository, kRoleDefinitions)) {
        snapshot->roles.push_back(role_definition_from(resource));
    }
    for (const auto& resource : all_of(repository, kRoleAssignments)) {
        auto assignment = role_assignment_from(resource);
        snapshot->scopes[base::to_lower(assignment.principal_id)].push_back(
            identity::scope_key(assignment.scope));
        snapshot->assignments.push_back(std::move(assignment));
    }
    snapshot->table = identity::AccessTable(snapshot->roles, snapshot->assignments);
    return snapshot;
}

}  // namespace

const identity::RoleDefinition* AccessSnapshot::role(std::string_view uuid) const {
    const auto found = std::ranges::find_if(
        roles, [&](const auto& role) { return base::equal_ignoring_case(role.id, uuid); });
    return found == roles.end() ? nullptr : &*found;
}

Access::Access(resources::ResourceRepository& repository)
    : repository_(repository), snapshot_(compile(repository)) {}

std::shared_ptr<const AccessSnapshot> Access::now() const {
    const std::scoped_lock lock(swapping_);
    return snapshot_;
}

bool Access::may(const resources::Caller& caller,
                 std::string_view action,
                 std::string_view scope,
                 identity::Plane plane) const {
    return caller.is_administrator || now()->table.allows(caller.object_id, action, scope, plane);
}

bool Access::knows(const resources::Caller& caller, std::string_view scope) const {
    if (caller.is_administrator) {
        return true;
    }
    const auto snapshot = now();
    const auto found = snapshot->scopes.find(base::to_lower(caller.object_id));
    const auto key = identity::scope_key(scope);
    return found != snapshot->scopes.end() &&
           std::ranges::any_of(found->second, [&](const auto& held) {
               return identity::key_contains(held, key) || identity::key_contains(key, held);
           });
}

std::vector<identity::Permission> Access::permissions(const resources::Caller& caller,
                                                      std::string_view scope) const {
    if (caller.is_administrator) {
        return {{.actions = {"*"}, .data_actions = {"*"}}};
    }
    const auto snapshot = now();
    std::vector<identity::Permission> granted;
    for (const auto& assignment : snapshot->assignments) {
        const auto* role = snapshot->role(assignment.role_definition_id);
        if (role != nullptr &&
            base::equal_ignoring_case(assignment.principal_id, caller.object_id) &&
            identity::scope_contains(assignment.scope, scope)) {
            granted.insert(granted.end(), role->permissions.begin(), role->permissions.end());
        }
    }
    return granted;
}

// One after the other, so that what was read last is what stays.
void Access::changed() {
    const std::scoped_lock compiling(compiling_);
    auto fresh = compile(repository_);
    const std::scoped_lock swapping(swapping_);
    snapshot_ = std::move(fresh);
}

}  // namespace ingot::providers
