// SPDX-License-Identifier: Apache-2.0
// Microsoft.VirtualMachineImages/imageTemplates/triggers: the resource with its rules. Nothing
// fires yet.
#pragma once

#include "providers/services.h"
#include "resources/resource_type.h"

namespace ingot::providers {

// `services` must outlive the type.
[[nodiscard]] resources::ResourceType triggers(const Services& services);

}  // namespace ingot::providers
