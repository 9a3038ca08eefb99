// SPDX-License-Identifier: Apache-2.0
#include "providers/image_templates/template_checks.h"

#include "arm/resource_id.h"
#include "base/ascii.h"
#include "base/error.h"
#include "gallery/images.h"
#include "providers/image_templates/template_document.h"
#include "providers/image_templates/template_rights.h"
#include "resources/request_path.h"

#include <variant>

#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using resources::Resource;

constexpr std::string_view kHelp = "For more details, go to https://aka.ms/azvmimagebuilderts.";

std::string definition_of(const std::string& gallery_image_id) {
    const auto parts = gallery::split_version_id(gallery_image_id);
    return parts ? parts->definition_id : gallery_image_id;
}

}  // namespace

// The identity of the template, or, before there were identities, whoever submitted it.
void TemplateChecks::rights(const Resource& stored,
                            const templates::ImageTemplate& image_template) const {
    if (stored.internal.contains("byAdministrator") && !stored.body.contains("identity")) {
        return;
    }
    std::string object_id = text_in(stored.internal, "submitter");
    if (const auto identity = identity_of(stored)) {
        const auto known = services_.resources.find(resources::key_of(*identity));
        if (!known) {
            throw Error(ErrorKind::Forbidden,
                        "Unauthorized",
                        fmt::format("The assigned managed identity cannot be used. Please remove "
                                    "the existing one and re-assign a new identity. The identity "
                                    "'{}' does not exist. {}",
                                    *identity,
                                    kHelp));
        }
        object_id = text_in(known->properties(), "principalId");
    }
    for (const auto& right : rights_needed(image_template, stored.properties())) {
        if (!life_.may(object_id, right.action, right.scope)) {
            throw Error(ErrorKind::Forbidden,
                        "Unauthorized",
                        fmt::format("Not authorized to access the resource: {}. Please check the "
                                    "user assigned identity has the correct permissions: '{}' is "
                                    "missing. {}",
                                    right.scope,
                                    right.action,
                                    kHelp));
        }
    }
}

void TemplateChecks::source(const templates::Source& wanted) const {
    if (const auto* platform = std::get_if<templates::PlatformImageSource>(&wanted)) {
        try {
            static_cast<void>(services_.catalog.find(
                {platform->publisher, platform->offer, platform->sku, platform->version}));
        } catch (const Error& error) {
            throw Error(ErrorKind::InvalidArgument, "BadPIRSource", error.message());
        }
    } else if (const auto* image = std::get_if<templates::ManagedImageSource>(&wanted)) {
        require_there(image->image_id, "BadManagedImageSource");
    } else if (const auto* version = std::get_if<templates::SharedImageVersionSource>(&wanted)) {
        const auto parts = gallery::split_version_id(version->image_version_id);
        const bool latest = parts && base::equal_ignoring_case(parts->version, "latest");
        require_there(latest ? parts->definition_id : version->image_version_id,
                      "BadSharedImageVersionSource");
    }
}

void TemplateChecks::targets(const templates::ImageTemplate& image_template) const {
    for (const auto& distributor : image_template.distribute) {
        if (const auto* gallery = std::get_if<templates::SharedImageTarget>(&distributor.target)) {
            require_there(definition_of(gallery->gallery_image_id), "BadSharedImageDistribute");
        } else if (const auto* image =
                       std::get_if<templates::ManagedImageTarget>(&distributor.target)) {
            const auto id = arm::ResourceId::parse(image->image_id);
            require_there(
                fmt::format(
                    "/subscriptions/{}/resourceGroups/{}", id.subscription(), id.resource_group()),
                "BadManagedImageDistribute");
        }
    }
}

void TemplateChecks::require_there(const std::string& id, const std::string& code) const {
    const auto parsed = arm::ResourceId::try_parse(id);
    if (!parsed || !services_.resources.find(parsed->key())) {
        throw Error(ErrorKind::NotFound,
                    code,
                    fmt::format("The resource '{}' that the template names does not exist.", id));
    }
}

}  // namespace ingot::providers
