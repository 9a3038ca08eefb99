// SPDX-License-Identifier: Apache-2.0
// An image template between its three forms: what a client sends, the resource that is kept (names
// of the newest api-version, whatever it was sent in), and what a client of any api-version reads.
// Which of these may be when is image_templates.h's to say.
#pragma once

#include "build/run.h"
#include "resources/call.h"
#include "resources/resource.h"
#include "templates/api_version.h"
#include "templates/model.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace ingot::providers {

inline constexpr std::string_view kImageTemplates = "Microsoft.VirtualMachineImages/imageTemplates";

// The router lets no other api-version pass.
[[nodiscard]] templates::ApiVersion version_of(const resources::Call& call);

// The resource that the body of a PUT describes, not yet provisioned. Throws
// Error{InvalidArgument} with the service's code for the first thing that is wrong, and all others
// as details.
[[nodiscard]] resources::Resource read_submitted(const resources::Call& call);

// The template that is kept. Throws Error{Corrupt} for what cannot have been stored.
[[nodiscard]] templates::ImageTemplate template_of(const resources::Resource& stored);

// The evaluated resource as a worker reads it; `staged` gives the local path of each step that has
// a script or file, by step id (customize[0]), and steps that are not in it keep their URI.
[[nodiscard]] std::string run_document(const resources::Resource& stored,
                                       const std::map<std::string, std::string>& staged);

// `last_run` becomes lastRunStatus.
[[nodiscard]] boost::json::object template_document(const resources::Resource& stored,
                                                    const std::optional<build::Run>& last_run,
                                                    templates::ApiVersion version);

// What a run calls its exact source, as a template's exactVersion: the version of a platform image,
// the ARM id of anything else.
[[nodiscard]] std::string exact_version_of(const std::string& exact_source);

// The ARM id of the user-assigned identity, if it has one.
[[nodiscard]] std::optional<std::string> identity_of(const resources::Resource& stored);

// Completes the identity with the principal and client ids of `known`, its resource.
void fill_identity(resources::Resource& stored, const resources::Resource& known);

// Since 2024-02-01 no field passes that the type does not have; in the service's words. Throws
// Error{InvalidArgument, "ValidationFailed"}.
void refuse_unknown_field(templates::ApiVersion version,
                          std::string_view type,
                          std::string_view field);

// Empty if there is no such text.
[[nodiscard]] std::string text_in(const boost::json::object& object, std::string_view name);

// {startTime, endTime, runState, runSubState, message}
[[nodiscard]] boost::json::object run_status(const build::Run& run, templates::ApiVersion version);

}  // namespace ingot::providers
