// SPDX-License-Identifier: Apache-2.0
// From the decoded document to the model, one function per part of a template, each in the file of
// its theme. They check what fields mean together; single fields are the codec's. Where something
// is wrong the returned part is incomplete and the findings say so.
#pragma once

#include "templates/findings.h"
#include "templates/model.h"
#include "templates/reading/node.h"

namespace ingot::templates {

[[nodiscard]] Source read_source(const Node& source, Findings& findings);

// `list` is the field of `owner` that holds customizers or validators.
[[nodiscard]] std::vector<Step> read_steps(const Node& owner,
                                           std::string_view list,
                                           Findings& findings);

[[nodiscard]] std::vector<Distributor> read_distributors(const Node& properties,
                                                         Findings& findings);

[[nodiscard]] Validation read_validation(const Node& validate, Findings& findings);

[[nodiscard]] VmProfile read_vm_profile(const Node& profile, Findings& findings);

[[nodiscard]] OnError read_on_error(const Node& error_handling, std::string_view field);

void check_identity(const Node& resource, Findings& findings);

// A resource is taken as it stands; whoever wrote [parameters('x')] into one meant a deployment
// template.
void warn_of_expressions(const boost::json::object& resource, Findings& findings);

}  // namespace ingot::templates
