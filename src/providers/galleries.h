// SPDX-License-Identifier: Apache-2.0
// Microsoft.Compute/galleries: names for groups of image definitions. Sharing beyond role
// assignments and soft deletion are refused.
#pragma once

#include "providers/services.h"
#include "resources/resource_type.h"

namespace ingot::providers {

[[nodiscard]] resources::ResourceType galleries(const Services& services);

}  // namespace ingot::providers
