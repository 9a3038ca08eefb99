// SPDX-License-Identifier: Apache-2.0
// Resource groups, and the results of operations that a subscription answers for. Removing a group
// removes all that is in it, see resource_group_removal.h. Staging groups of image templates are
// groups like others.
#pragma once

#include "providers/access.h"
#include "providers/services.h"
#include "resources/late_router.h"
#include "resources/resource_type.h"

#include <string>
#include <string_view>
#include <vector>

namespace ingot::providers {

// The type that a group's document has; its path and its rights are named after
// Microsoft.Resources/subscriptions/resourceGroups.
inline constexpr std::string_view kGroupType = "Microsoft.Resources/resourceGroups";

// subscriptions/resourceGroups and subscriptions/operationresults. All must outlive the types.
[[nodiscard]] std::vector<resources::ResourceType> resource_groups(
    const Services& services, const Access& access, const resources::LateRouter& router);

// A group to be written by who makes one without a request.
[[nodiscard]] resources::Resource new_resource_group(const std::string& subscription,
                                                     const std::string& name,
                                                     const std::string& location);

}  // namespace ingot::providers
