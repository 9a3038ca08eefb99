// SPDX-License-Identifier: Apache-2.0
// Microsoft.Features/providers/features: names of previews that a subscription registered. They are
// kept and shown, and turn nothing on.
#pragma once

#include "providers/services.h"
#include "resources/late_router.h"
#include "resources/resource_type.h"

#include <vector>

namespace ingot::providers {

// providers/features with register and unregister, and the list over all namespaces. Both must
// outlive the types.
[[nodiscard]] std::vector<resources::ResourceType> features(const Services& services,
                                                            const resources::LateRouter& router);

}  // namespace ingot::providers
