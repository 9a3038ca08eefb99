// SPDX-License-Identifier: Apache-2.0
// Microsoft.Compute/images: what runs published as managed images. A client can look at them, tag
// them and delete them; making one from a disk, a snapshot, a blob or a virtual machine is refused.
#pragma once

#include "providers/services.h"
#include "resources/resource_type.h"

namespace ingot::providers {

[[nodiscard]] resources::ResourceType managed_images(const Services& services);

}  // namespace ingot::providers
