// SPDX-License-Identifier: Apache-2.0
// What was done in a subscription, newest first:
// /subscriptions/S/providers/Microsoft.Insights/eventtypes/management/values with its $filter.
#pragma once

#include "providers/services.h"
#include "resources/resource_type.h"

namespace ingot::providers {

// Must outlive the type.
[[nodiscard]] resources::ResourceType activity_log(const Services& services);

}  // namespace ingot::providers
