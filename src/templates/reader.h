// SPDX-License-Identifier: Apache-2.0
// From the text of a file to an image template. Takes a whole resource, as `az resource create
// --properties @file --is-full-object` does, or an ARM deployment template that holds exactly one
// Microsoft.VirtualMachineImages/imageTemplates. All problems are reported at once, each with its
// place. Nothing outside the text is looked at: whether a source or a script exists shows in a run.
#pragma once

#include "arm/template_language/deployment.h"
#include "base/json.h"
#include "templates/diagnostic.h"
#include "templates/model.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::templates {

struct ReadOptions {
    std::string default_name;  // for a resource that has no "name"
    std::string api_version;   // wins over the document's; empty: the document's, else the newest
    arm::DeploymentParameters parameters;
    arm::DeploymentScope scope;
    base::JsonLimits limits;
};

struct ReadResult {
    std::optional<ImageTemplate> image_template;  // only if no diagnostic is an Error
    std::vector<Diagnostic> diagnostics;          // in the order of the text
};

// Never throws for bad input. Reading ImageTemplate::document again yields the same template.
[[nodiscard]] ReadResult read_template(std::string_view text, const ReadOptions& options);

}  // namespace ingot::templates
