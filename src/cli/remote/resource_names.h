// SPDX-License-Identifier: Apache-2.0
// From what a person typed to the resource of a service that is meant: full ARM ids everywhere, and
// short names where they are unique. Not found and ambiguous names say what to look at.
#pragma once

#include "cli/remote/service_client.h"
#include "cli/remote/service_options.h"

#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace ingot::cli {

inline constexpr std::string_view kBuilderVersion = "2024-02-01";
inline constexpr std::string_view kComputeVersion = "2022-03-03";    // galleries
inline constexpr std::string_view kImagesVersion = "2022-03-01";     // managed images
inline constexpr std::string_view kResourcesVersion = "2022-09-01";  // groups, lists over all types

// --group, or INGOT_GROUP; empty if neither is given.
[[nodiscard]] std::string chosen_group(const ServiceOptions& options);
// Throws Error{InvalidArgument, "NoResourceGroup"}.
[[nodiscard]] std::string require_group(const ServiceOptions& options);
[[nodiscard]] std::string group_id(ServiceClient& client, const std::string& group);

// Of a type such as Microsoft.Compute/galleries: in the chosen group, else in the subscription.
[[nodiscard]] boost::json::array list_resources(ServiceClient& client,
                                                const std::string& type,
                                                const std::string& group,
                                                std::string_view api_version);

[[nodiscard]] std::string template_id(ServiceClient& client,
                                      const ServiceOptions& options,
                                      const std::string& typed);
[[nodiscard]] std::string gallery_id(ServiceClient& client,
                                     const ServiceOptions& options,
                                     const std::string& typed);

struct ImageName {
    std::string id;
    std::string_view api_version;
};

// An ARM id, gallery/definition/version, gallery/definition (its newest version that may be
// taken for the latest), or the name of a managed image.
[[nodiscard]] ImageName image_named(ServiceClient& client,
                                    const ServiceOptions& options,
                                    const std::string& typed);

// The id of a run: an ARM id, a run's id or a beginning of it that only one run has, the name or id
// of a template for its newest run, or "latest".
[[nodiscard]] std::string run_id(ServiceClient& client,
                                 const ServiceOptions& options,
                                 const std::string& typed);
// Of all templates, newest first.
[[nodiscard]] boost::json::array all_runs(ServiceClient& client, const ServiceOptions& options);

}  // namespace ingot::cli
