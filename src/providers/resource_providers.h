// SPDX-License-Identifier: Apache-2.0
// The namespaces of resource types, whether a subscription is registered for them, and features.
// Which types there are is taken from the router. Namespaces that people register in quickstarts
// and that Ingot has no types of are listed too, without types.
//
// Microsoft.Resources, Microsoft.Authorization and Microsoft.Features need no registration. As on
// Azure any other namespace refuses writes until it is registered: a write registers nothing by
// itself (az does so when it reads MissingSubscriptionRegistration). The subscription that the
// service makes at its first start is registered for all that Ingot has types of, see
// register_served().
//
// Features are names that were registered, no more: Ingot has nothing in preview that one could
// turn on.
#pragma once

#include "providers/access.h"
#include "providers/services.h"
#include "resources/late_router.h"
#include "resources/resource_type.h"

#include <string_view>
#include <vector>

namespace ingot::providers {

// subscriptions/providers with register and unregister, the tenant's providers, and features. All
// must outlive the types.
[[nodiscard]] std::vector<resources::ResourceType> resource_providers(
    const Services& services, const Access& access, const resources::LateRouter& router);

// The router's gate. True for a tenant-level call (an empty subscription).
[[nodiscard]] bool is_registered(resources::ResourceRepository& repository,
                                 std::string_view subscription,
                                 std::string_view provider);

// Registers the subscription for every namespace that the router has types of.
void register_served(resources::ResourceRepository& repository,
                     const resources::Router& router,
                     std::string_view subscription);

}  // namespace ingot::providers
