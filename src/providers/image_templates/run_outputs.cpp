// SPDX-License-Identifier: Apache-2.0
#include "providers/image_templates/run_outputs.h"

#include "base/ascii.h"
#include "base/error.h"
#include "providers/image_templates/image_templates.h"
#include "providers/image_templates/template_document.h"
#include "providers/image_templates/template_runs.h"

#include <algorithm>
#include <utility>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using boost::json::object;
using gallery::RunOutput;
using resources::Answer;
using resources::Call;

class RunOutputs {
  public:
    RunOutputs(const Services& services, const TemplateLife& life)
        : services_(services), life_(life) {}

    [[nodiscard]] Answer get(const Call& call) const {
        const auto stored = owner_of(services_.resources, call);
        return resources::ok(shown(call, find(call, stored), stored.id));
    }

    [[nodiscard]] Answer list(const Call& call) const {
        boost::json::array value;
        const auto stored = owner_of(services_.resources, call);
        for (const auto& output : outputs(stored)) {
            value.emplace_back(shown(call, output, stored.id));
        }
        return resources::ok(object{{"value", std::move(value)}});
    }

    [[nodiscard]] Answer sas(const Call& call) const {
        const auto output = find(call, owner_of(services_.resources, call));
        if (output.artifact_uri.empty()) {
            throw Error(ErrorKind::InvalidArgument,
                        "NotAVhd",
                        fmt::format("The run output '{}' is no VHD, so there is nothing to "
                                    "download.",
                                    output.name));
        }
        return resources::ok(
            object{{"uri", life_.vhd_url(call.base_url, file_name(output), true)}});
    }

  private:
    [[nodiscard]] std::vector<RunOutput> outputs(const resources::Resource& stored) const {
        const auto run = last_run_of(services_.runs, stored);
        return run ? services_.images.outputs_of(run->id) : std::vector<RunOutput>();
    }

    [[nodiscard]] RunOutput find(const Call& call, const resources::Resource& stored) const {
        const auto all = outputs(stored);
        const auto found = std::ranges::find_if(all, [&](const RunOutput& output) {
            return base::equal_ignoring_case(output.name, call.name());
        });
        if (found == all.end()) {
            throw Error(ErrorKind::NotFound,
                        "ResourceNotFound",
                        fmt::format("The last run of '{}' has no output '{}'.",
                                    call.path.names.front(),
                                    call.name()));
        }
        return *found;
    }

    static std::string file_name(const RunOutput& output) {
        return output.artifact_uri.substr(output.artifact_uri.rfind('/') + 1);
    }

    // Up to 2020-02-14 the address needed no token (the service changed that in May 2021).
    [[nodiscard]] object shown(const Call& call,
                               const RunOutput& output,
                               const std::string& id) const {
        object properties{{"provisioningState", "Succeeded"}};
        if (output.artifact_uri.empty()) {
            properties["artifactId"] = output.artifact_id;
        } else {
            const bool is_signed = version_of(call) <= templates::ApiVersion::V2020_02_14;
            properties["artifactUri"] = life_.vhd_url(call.base_url, file_name(output), is_signed);
        }
        return {{"properties", std::move(properties)},
                {"id", fmt::format("{}/runOutputs/{}", id, output.name)},
                {"name", output.name},
                {"type", "Microsoft.VirtualMachineImages/imageTemplates/runOutputs"}};
    }

    const Services& services_;
    const TemplateLife& life_;
};

}  // namespace

resources::ResourceType run_outputs(const Services& services, const TemplateLife& life) {
    const RunOutputs verbs(services, life);
    resources::ResourceType type;
    type.name = "Microsoft.VirtualMachineImages/imageTemplates/runOutputs";
    type.api_versions = image_builder_versions();
    type.strict_api_versions = true;
    type.has_location = false;
    type.error_shape = image_builder_error_shape;
    type.get = [verbs](const Call& call) { return verbs.get(call); };
    type.list = [verbs](const Call& call) { return verbs.list(call); };
    type.actions["sas"] = [verbs](const Call& call) { return verbs.sas(call); };
    return type;
}

}  // namespace ingot::providers
