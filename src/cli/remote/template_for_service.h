// SPDX-License-Identifier: Apache-2.0
// A template's file as a service is to get it: what a deployment would know of its group
// (resourceGroup(), subscription()) comes from the service. What the template says is templates/'s
// knowledge.
#pragma once

#include "cli/output_form.h"
#include "cli/remote/service_client.h"
#include "cli/template_file.h"

#include <optional>
#include <string>

namespace ingot::cli {

// As read_template_file. Throws ServiceError{NotFound} if there is no such group.
[[nodiscard]] std::optional<templates::ImageTemplate> read_for_service(
    ServiceClient& client,
    const std::string& group,
    const TemplateArguments& arguments,
    OutputForm output);

}  // namespace ingot::cli
