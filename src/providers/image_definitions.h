// SPDX-License-Identifier: Apache-2.0
// Microsoft.Compute/galleries/images: what the versions below have in common. OS, state, generation
// and identifier are fixed for good when a client creates one; publishing checks OS and generation
// (gallery/image_repository.h).
#pragma once

#include "providers/services.h"
#include "resources/resource_type.h"

namespace ingot::providers {

[[nodiscard]] resources::ResourceType image_definitions(const Services& services);

}  // namespace ingot::providers
