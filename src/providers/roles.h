// SPDX-License-Identifier: Apache-2.0
// Microsoft.Authorization: role definitions, role assignments and the caller's own permissions, as
// extension resources at any scope. Who may do what follows from them in access.h; their form is
// role_documents.h's.
#pragma once

#include "providers/access.h"
#include "providers/services.h"
#include "resources/resource_type.h"

#include <vector>

namespace ingot::providers {

// roleDefinitions, roleAssignments and permissions. Both must outlive the types.
[[nodiscard]] std::vector<resources::ResourceType> roles(const Services& services, Access& access);

[[nodiscard]] resources::ResourceType role_definitions(const Services& services, Access& access);
[[nodiscard]] resources::ResourceType role_assignments(const Services& services, Access& access);

// Makes an assignment without a request, for a first start and for the command line; leaves things
// as they are if the principal holds the role there already. `assignment.id` may be empty. Whether
// role, principal and scope exist is the caller's knowledge.
void grant_role(resources::ResourceRepository& repository,
                Access& access,
                identity::RoleAssignment assignment);

// 2022-04-01 and others that Azure has, newest first.
[[nodiscard]] std::vector<std::string> authorization_versions();

}  // namespace ingot::providers
