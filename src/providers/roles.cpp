// SPDX-License-Identifier: Apache-2.0
#include "providers/roles.h"

#include "base/ascii.h"
#include "base/uuid.h"
#include "identity/scope.h"
#include "providers/role_documents.h"

#include <algorithm>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace ingot::providers {
namespace {

using resources::Answer;
using resources::Call;

resources::ResourceType permissions(Access& access) {
    resources::ResourceType type;
    type.name = "Microsoft.Authorization/permissions";
    type.api_versions = authorization_versions();
    type.has_location = false;
    type.is_extension = true;
    type.open_to_all = true;  // everybody may know their own
    type.list = [&access](const Call& call) {
        boost::json::array value;
        for (const auto& permission : access.permissions(call.caller, call.path.scope)) {
            value.push_back(permission_document(permission));
        }
        return resources::ok(boost::json::object{{"value", std::move(value)}});
    };
    return type;
}

bool is_granted(const AccessSnapshot& snapshot, const identity::RoleAssignment& wanted) {
    return std::ranges::any_of(snapshot.assignments, [&](const auto& held) {
        return base::equal_ignoring_case(held.principal_id, wanted.principal_id) &&
               held.role_definition_id ==
                   identity::role_definition_uuid(wanted.role_definition_id) &&
               identity::scope_key(held.scope) == identity::scope_key(wanted.scope);
    });
}

}  // namespace

std::vector<std::string> authorization_versions() {
    return {"2022-04-01",
            "2022-05-01-preview",
            "2020-04-01-preview",
            "2018-07-01",
            "2018-01-01-preview",
            "2015-07-01"};
}

std::vector<resources::ResourceType> roles(const Services& services, Access& access) {
    return {role_definitions(services, access),
            role_assignments(services, access),
            permissions(access)};
}

void grant_role(resources::ResourceRepository& repository,
                Access& access,
                identity::RoleAssignment assignment) {
    const auto lock = access.begin_change();
    access.changed();
    if (is_granted(*access.now(), assignment)) {
        return;
    }
    if (assignment.id.empty()) {
        assignment.id = base::new_uuid();
    }
    assignment.created = assignment.updated = base::now();
    resources::Change change;
    change.writes.push_back(
        {role_assignment_resource(assignment), resources::Expectation::absent()});
    static_cast<void>(repository.apply(change));
    access.changed();
}

}  // namespace ingot::providers
