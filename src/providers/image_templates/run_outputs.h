// SPDX-License-Identifier: Apache-2.0
// Microsoft.VirtualMachineImages/imageTemplates/runOutputs: what the last run of a template
// published. Written by runs, so clients only read.
#pragma once

#include "providers/image_templates/template_life.h"
#include "providers/services.h"
#include "resources/resource_type.h"

namespace ingot::providers {

// Both must outlive the type. Its action `sas` gives the address of a VHD that needs no token.
[[nodiscard]] resources::ResourceType run_outputs(const Services& services,
                                                  const TemplateLife& life);

}  // namespace ingot::providers
