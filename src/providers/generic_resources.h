// SPDX-License-Identifier: Apache-2.0
// The resources of a subscription or of a group, of whatever type: /subscriptions/S/resources and
// /subscriptions/S/resourceGroups/G/resources with their $filter. Tracked resources only, as on
// Azure: those that have a location. Everybody gets those that they may read.
#pragma once

#include "providers/access.h"
#include "providers/services.h"
#include "resources/late_router.h"
#include "resources/resource_type.h"

#include <vector>

namespace ingot::providers {

// All must outlive the types.
[[nodiscard]] std::vector<resources::ResourceType> generic_resources(
    const Services& services, const Access& access, const resources::LateRouter& router);

}  // namespace ingot::providers
