// SPDX-License-Identifier: Apache-2.0
// What stands above resource groups: the tenant, its subscriptions and their locations. A
// subscription is a document like other resources; the service makes the first one when it starts
// for the first time. Beyond Azure, whoever may write subscriptions at "/" makes more of them:
//   PUT /subscriptions/{uuid}  {"displayName": "Lab", "tags": {…}}
// They are never removed. Every location is served by this one installation: it is a label that
// clients check and print.
#pragma once

#include "providers/access.h"
#include "providers/services.h"
#include "resources/resource_type.h"

#include <string>
#include <string_view>
#include <vector>

namespace ingot::providers {

inline constexpr std::string_view kSubscriptions = "Microsoft.Resources/subscriptions";

// tenants, subscriptions and subscriptions/locations. Both must outlive the types.
[[nodiscard]] std::vector<resources::ResourceType> subscriptions(const Services& services,
                                                                 const Access& access);

// Makes the subscription unless it is there. `id` is a UUID.
void ensure_subscription(resources::ResourceRepository& repository,
                         const std::string& id,
                         const std::string& display_name);

[[nodiscard]] bool has_subscription(resources::ResourceRepository& repository, std::string_view id);

}  // namespace ingot::providers
