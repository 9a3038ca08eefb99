// SPDX-License-Identifier: Apache-2.0
#include "providers/image_templates/triggers.h"

#include "base/ascii.h"
#include "base/error.h"
#include "gallery/images.h"
#include "providers/image_templates/image_templates.h"
#include "providers/image_templates/operation_answers.h"
#include "providers/image_templates/template_document.h"
#include "providers/image_templates/template_runs.h"
#include "resources/documents.h"
#include "resources/request_path.h"
#include "templates/schema/text_checks.h"

#include <utility>
#include <variant>

#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using resources::Call;
using resources::Resource;

constexpr std::string_view kKind = "SourceImage";

Error refused(std::string_view why) {
    return {ErrorKind::InvalidArgument,
            "ValidationFailed",
            fmt::format("Validation failed: 'Trigger': {}", why)};
}

// A trigger makes sense only where "latest" moves.
void check_source(const templates::Source& source) {
    const auto* platform = std::get_if<templates::PlatformImageSource>(&source);
    const auto* version = std::get_if<templates::SharedImageVersionSource>(&source);
    const bool moves =
        (platform != nullptr && platform->version == "latest") ||
        (version != nullptr && base::to_lower(version->image_version_id).ends_with("/latest"));
    if (!moves) {
        throw refused(
            "the source of the template must be a platform image of version 'latest' or "
            "a gallery image version '/versions/latest'.");
    }
}

// Otherwise each build would trigger the next.
void check_targets(const templates::ImageTemplate& image_template) {
    const auto* source = std::get_if<templates::SharedImageVersionSource>(&image_template.source);
    const auto from =
        source == nullptr ? std::nullopt : gallery::split_version_id(source->image_version_id);
    for (const auto& distributor : image_template.distribute) {
        const auto* target = std::get_if<templates::SharedImageTarget>(&distributor.target);
        if (target == nullptr) {
            continue;
        }
        if (!target->version.empty()) {
            throw refused("the template must not distribute to an explicit gallery version.");
        }
        if (from &&
            resources::key_of(from->definition_id) == resources::key_of(target->gallery_image_id)) {
            throw refused("source and target image definitions of the template must differ.");
        }
    }
}

void check_alone(const Services& services, const Call& call, const Resource& image_template) {
    resources::ResourceFilter others;
    others.type = "Microsoft.VirtualMachineImages/imageTemplates/triggers";
    others.below = resources::key_of(image_template.id);
    for (const auto& other : services.resources.list(others)) {
        if (resources::key_of(other.id) != call.path.key()) {
            throw refused(fmt::format("the template has the trigger '{}' of this kind already.",
                                      other.name()));
        }
    }
}

void complete_trigger(const Services& services,
                      const Call& call,
                      const Resource* known,
                      Resource& wanted) {
    if (!templates::is_name(call.name())) {
        throw refused(fmt::format("'{}' is no name for a trigger.", call.name()));
    }
    const auto image_template = owner_of(services.resources, call, "ParentResourceNotFound");
    if (text_in(wanted.properties(), "kind") != kKind) {
        throw refused(known == nullptr ? "Field 'kind' must be 'SourceImage'."
                                       : "Field 'kind' cannot be changed.");
    }
    if (text_in(image_template.properties(), "provisioningState") != "Succeeded") {
        throw Error(ErrorKind::Conflict,
                    "OperationNotAllowed",
                    "A trigger needs a template whose provisioningState is Succeeded.");
    }
    const auto read = template_of(image_template);
    check_source(read.source);
    check_targets(read);
    check_alone(services, call, image_template);
    wanted.body = {{"properties",
                    {{"kind", kKind},
                     {"status",
                      {{"code", "Healthy"},
                       {"message", "Trigger is active."},
                       {"time", base::to_rfc3339(base::now())}}},
                     {"provisioningState", "Succeeded"}}}};
}

// Since 2023-07-01 a removal is an operation; this one is over when it is answered.
resources::Answer removed(const Services& services, const Call& call, resources::Answer answer) {
    if (call.api_version < "2023-07-01" || answer.status != 200) {
        return answer;
    }
    auto operation = new_operation(call, call.path.key());
    operation.status = resources::OperationStatus::Succeeded;
    operation.ended = operation.started;
    resources::Change change;
    change.operations.push_back(operation);
    static_cast<void>(services.resources.apply(change));
    answer.status = 202;
    const auto location = owner_of(services.resources, call, "ParentResourceNotFound").location;
    point_to(operation, call, location, PollBy::AsyncOperationAndLocation, answer);
    return answer;
}

}  // namespace

resources::ResourceType triggers(const Services& services) {
    resources::ResourceType type;
    type.name = "Microsoft.VirtualMachineImages/imageTemplates/triggers";
    for (const auto& version : image_builder_versions()) {
        if (version >= "2022-07-01") {
            type.api_versions.push_back(version);
        }
    }
    type.strict_api_versions = true;
    type.has_location = false;
    type.error_shape = image_builder_error_shape;
    resources::DocumentRules rules;
    rules.complete = [&services](const Call& call, const Resource* known, Resource& wanted) {
        complete_trigger(services, call, known, wanted);
    };
    auto documents = document_type(std::move(type), std::move(rules), services.resources);
    documents.patch = {};
    documents.remove = [&services, remove = documents.remove](const Call& call) {
        return removed(services, call, remove(call));
    };
    return documents;
}

}  // namespace ingot::providers
