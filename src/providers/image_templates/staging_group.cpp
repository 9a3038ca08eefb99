// SPDX-License-Identifier: Apache-2.0
#include "providers/image_templates/staging_group.h"

#include "arm/resource_id.h"
#include "base/error.h"
#include "base/uuid.h"
#include "providers/resource_groups.h"
#include "resources/request_path.h"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using resources::Resource;

// Every name on record is cut here.
constexpr std::size_t kLongestStem = 40;

Error bad_group(const std::string& id, std::string_view why) {
    return {ErrorKind::InvalidArgument,
            "BadStagingResourceGroup",
            fmt::format("The staging resource group '{}' cannot be used: {}.", id, why),
            "properties.stagingResourceGroup"};
}

void mark(Resource& group, const Resource& image_template, bool adopted) {
    const auto owner = arm::ResourceId::parse(image_template.id);
    group.tags[adopted ? "usedBy" : "createdBy"] = "AzureVMImageBuilder";
    group.tags["imageTemplateName"] = image_template.name();
    group.tags["imageTemplateResourceGroupName"] = owner.resource_group();
    if (const auto* tags = image_template.properties().if_contains("managedResourceTags")) {
        for (const auto& [name, value] : tags->get_object()) {
            group.tags[name] = value;
        }
    }
}

Resource new_group(const std::string& id, const std::string& location) {
    Resource group;
    group.id = id;
    group.type = kGroupType;
    group.location = location;
    group.properties()["provisioningState"] = "Succeeded";
    group.created = group.changed = base::now();
    return group;
}

void check_adoptable(const Resource& group,
                     const Resource& image_template,
                     resources::ResourceRepository& repository) {
    const auto id = arm::ResourceId::parse(group.id);
    if (group.location != image_template.location) {
        throw bad_group(
            group.id,
            fmt::format(
                "it is in '{}', the template in '{}'", group.location, image_template.location));
    }
    if (group.tags.contains("usedBy") || group.tags.contains("createdBy")) {
        throw bad_group(group.id, "another template uses it");
    }
    resources::ResourceFilter inside;
    inside.subscription = id.subscription();
    inside.group = id.resource_group();
    for (const auto& resource : repository.list(inside)) {
        if (resources::key_of(resource.id) != resources::key_of(group.id)) {
            throw bad_group(group.id, "it is not empty");
        }
    }
}

StagingGroup named_group(const std::string& written,
                         const Resource& image_template,
                         resources::ResourceRepository& repository) {
    const auto id = arm::ResourceId::try_parse(written);
    const auto owner = arm::ResourceId::parse(image_template.id);
    if (!id || id->subscription() != owner.subscription()) {
        throw bad_group(written, "it is not a group of the template's subscription");
    }
    StagingGroup staging;
    const auto known = repository.find(id->key());
    staging.adopted = known.has_value();
    if (known) {
        check_adoptable(*known, image_template, repository);
    }
    staging.group = known ? *known : new_group(id->to_string(), image_template.location);
    return staging;
}

}  // namespace

std::string staging_group_name(const std::string& group,
                               const std::string& template_name,
                               const std::string& guid) {
    const auto stem = (group + "_" + template_name).substr(0, kLongestStem);
    return fmt::format("IT_{}_{}", stem, guid);
}

StagingGroup staging_group_for(const Resource& image_template,
                               resources::ResourceRepository& repository) {
    StagingGroup staging;
    const auto* named = image_template.properties().if_contains("stagingResourceGroup");
    if (named != nullptr) {
        staging = named_group(std::string(named->get_string()), image_template, repository);
    } else {
        const auto owner = arm::ResourceId::parse(image_template.id);
        const auto name =
            staging_group_name(owner.resource_group(), owner.name(), base::new_uuid());
        staging.group = new_group(
            fmt::format("/subscriptions/{}/resourceGroups/{}", owner.subscription(), name),
            image_template.location);
    }
    mark(staging.group, image_template, staging.adopted);
    return staging;
}

}  // namespace ingot::providers
