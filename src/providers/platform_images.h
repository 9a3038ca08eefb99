// SPDX-License-Identifier: Apache-2.0
// Microsoft.Compute/locations/publishers and below: the platform images of the catalogue as clients
// look them up, publisher by publisher. Read only, the same in every location, and bare arrays
// instead of pages, as Azure answers.
#pragma once

#include "providers/services.h"
#include "resources/resource_type.h"

#include <vector>

namespace ingot::providers {

[[nodiscard]] std::vector<resources::ResourceType> platform_images(const Services& services);

}  // namespace ingot::providers
