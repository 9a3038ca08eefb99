// SPDX-License-Identifier: Apache-2.0
// Microsoft.Compute/galleries/images/versions: what runs published, and copies that clients make of
// a managed image or another version: those share the disk. What is in a version never changes;
// where it is offered, its tags and whether it counts as latest do (image_publishing.h).
#pragma once

#include "providers/services.h"
#include "resources/resource_type.h"

namespace ingot::providers {

[[nodiscard]] resources::ResourceType image_versions(const Services& services);

}  // namespace ingot::providers
