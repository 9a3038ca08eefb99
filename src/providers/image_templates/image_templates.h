// SPDX-License-Identifier: Apache-2.0
// Microsoft.VirtualMachineImages/imageTemplates: submission, look-up, the few changes that are
// allowed, deletion, and the run and cancel actions, in every api-version. What a template may hold
// is templates/'s knowledge; what goes on after an answer is template_provisioning.h's and the run
// queue's.
#pragma once

#include "providers/image_templates/template_life.h"
#include "providers/services.h"
#include "resources/resource_type.h"

#include <string>
#include <vector>

namespace ingot::providers {

// Both must outlive the type.
[[nodiscard]] resources::ResourceType image_templates(const Services& services,
                                                      const TemplateLife& life);

// The namespace's api-versions, newest first, and from which on errors are nested.
[[nodiscard]] std::vector<std::string> image_builder_versions();
[[nodiscard]] arm::ErrorShape image_builder_error_shape(const std::string& api_version);

}  // namespace ingot::providers
