// SPDX-License-Identifier: Apache-2.0
#include "providers/image_versions.h"

#include "arm/regions.h"
#include "arm/resource_id.h"
#include "base/ascii.h"
#include "base/error.h"
#include "gallery/images.h"
#include "providers/body_members.h"
#include "providers/compute_rules.h"
#include "providers/image_disks.h"
#include "providers/image_publishing.h"
#include "resources/documents.h"

#include <utility>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using boost::json::object;
using resources::Answer;
using resources::Call;
using resources::Resource;

const std::string kSourcePath = "galleryImageVersion.properties.storageProfile.source.id";

gallery::VersionNumber number_of(const Call& call) {
    const auto number = gallery::VersionNumber::parse(call.name());
    if (!number || number->to_string() != call.name()) {
        throw invalid_parameter(
            "galleryImageVersionName",
            "The image version name is invalid. The image version name should follow "
            "Major(int).Minor(int).Patch(int) format, for e.g: 1.0.0, 2018.12.1 etc.");
    }
    return *number;
}

std::string source_id(const object& properties) {
    return text_member(object_member(object_member(properties, "storageProfile"), "source"), "id");
}

Error source_not_found(const std::string& id) {
    return {ErrorKind::NotFound,
            "NotFound",
            fmt::format("Source was not found: {}. Please make sure the source exists.", id),
            kSourcePath};
}

// Sources that Azure knows and that do not exist here.
void refuse_other_sources(const object& storage) {
    const auto& source = object_member(storage, "source");
    for (const auto* name : {"virtualMachineId", "communityGalleryImageId"}) {
        if (const auto id = text_member(source, name); !id.empty()) {
            throw source_not_found(id);
        }
    }
    const auto& disk_source = object_member(object_member(storage, "osDiskImage"), "source");
    for (const auto* name : {"id", "uri"}) {
        if (const auto id = text_member(disk_source, name); !id.empty()) {
            throw source_not_found(id);
        }
    }
}

// The id of a managed image or version, as the client wrote it.
std::string checked_source(const object& properties) {
    refuse_other_sources(object_member(properties, "storageProfile"));
    auto id = source_id(properties);
    if (id.empty()) {
        throw invalid_parameter(
            kSourcePath,
            "The gallery artifact version source can only be specified either directly under "
            "storageProfile or within individual OS or data disks. One and only one source type "
            "(user image, snapshot, disk, virtual machine) can be provided. Here it is the id of a "
            "managed image or of another gallery image version.");
    }
    const auto parsed = arm::ResourceId::try_parse(id);
    if (!parsed || !id.starts_with('/') || parsed->provider().empty()) {
        throw Error(ErrorKind::InvalidArgument,
                    "LinkedInvalidPropertyId",
                    fmt::format("Property id '{}' at path 'properties.storageProfile.source.id' is "
                                "invalid. Expect fully qualified resource Id that start with "
                                "'/subscriptions/{{subscriptionId}}' or "
                                "'/providers/{{resourceProviderNamespace}}/'.",
                                id));
    }
    if (!parsed->is("Microsoft.Compute/images") &&
        !parsed->is("Microsoft.Compute/galleries/images/versions")) {
        throw invalid_parameter(kSourcePath,
                                fmt::format("The source id: {} must either be a managed image, "
                                            "virtual machine or another gallery image version",
                                            id));
    }
    return id;
}

// The definition says what its versions are.
void check_kind(const Resource& definition,
                const std::string& source,
                const gallery::DiskContent& content) {
    const auto wanted = [&](std::string_view name) {
        return text_member(definition.properties(), name);
    };
    const auto refuse = [&](std::string_view what, const std::string& is, std::string_view name) {
        throw invalid_parameter(
            kSourcePath,
            fmt::format("The resource with id '{0}' has a different {1} ['{2}'] than the parent "
                        "gallery image {1} ['{3}']",
                        source,
                        what,
                        is,
                        wanted(name)));
    };
    if (wanted("osState") == "Specialized") {
        throw invalid_parameter(
            kSourcePath,
            fmt::format("Cannot create Gallery Image Version from: {} since the OS State in the "
                        "parent gallery image ('Specialized') is not 'Generalized'.",
                        source));
    }
    if (wanted("hyperVGeneration") != arm::to_string(content.generation)) {
        refuse("Hypervisor generation", arm::to_string(content.generation), "hyperVGeneration");
    }
    if (wanted("osType") != content.os_type) {
        refuse("OS type", content.os_type, "osType");
    }
}

std::vector<gallery::TargetRegion> regions_of(const object& profile) {
    std::vector<gallery::TargetRegion> regions;
    for (const auto& entry : profile.at("targetRegions").as_array()) {
        const auto& region = entry.as_object();
        regions.push_back(
            {.name = arm::region_name(text_member(region, "name")),
             .replica_count = static_cast<int>(region.at("regionalReplicaCount").as_int64()),
             .storage_account_type = text_member(region, "storageAccountType")});
    }
    return regions;
}

std::map<std::string, std::string> tags_of(const Resource& resource) {
    std::map<std::string, std::string> tags;
    for (const auto& [name, value] : resource.tags) {
        tags.emplace(name, value.as_string());
    }
    return tags;
}

// `known` is what is stored; what is in a version is kept from it.
void complete(const Resource& known, Resource& wanted) {
    auto& properties = wanted.properties();
    drop_nulls(properties);
    const auto& before = known.properties();
    const auto source = source_id(properties);
    if (!source.empty() && !base::equal_ignoring_case(source, source_id(before))) {
        throw change_not_allowed(kSourcePath);
    }
    const auto& known_profile = object_member(before, "publishingProfile");
    auto profile = publishing_profile(
        object_member(properties, "publishingProfile"), known_profile, wanted.location);
    auto safety = safety_profile(object_member(properties, "safetyProfile"),
                                 object_member(before, "safetyProfile"));
    refuse_lost_regions(safety, profile, known_profile);
    wanted.body = known.body;
    wanted.properties()["publishingProfile"] = std::move(profile);
    wanted.properties()["safetyProfile"] = std::move(safety);
    wanted.properties()["provisioningState"] = "Succeeded";
}

void show(const Call& call, object& document) {
    const auto expand = base::to_lower(call.query_value("$expand"));
    if (expand.find("replicationstatus") != std::string::npos) {
        auto& properties = document["properties"].as_object();
        properties["replicationStatus"] =
            replication_status(object_member(properties, "publishingProfile"));
    }
}

// A PUT of a version that is not there: a copy of `storageProfile.source`.
class Copying {
  public:
    Copying(const Services& services, const resources::ResourceType& type)
        : services_(services), type_(type) {}

    [[nodiscard]] Answer answer(const Call& call) const {
        static_cast<void>(resources::expectation_of(call, nullptr));
        const auto number = number_of(call);
        require_parent(services_.resources, call);
        auto wanted = resources::wanted_by(call, type_, nullptr);
        publish(call, number, wanted);
        const auto listed = resources::require(services_.resources, call);
        wanted.id = listed.id;
        complete(listed, wanted);
        resources::Change change;
        change.writes.push_back({wanted, resources::Expectation::unchanged(listed)});
        change.activities.push_back(resources::activity_of(call, type_.name + "/write", wanted.id));
        wanted.etag = services_.resources.apply(change);
        auto created = resources::created(wanted.document());
        created.headers.emplace_back("ETag", "\"" + wanted.etag + "\"");
        return created;
    }

  private:
    // With all that the repository keeps of a version, so that it is whole however this ends.
    void publish(const Call& call, gallery::VersionNumber number, Resource& wanted) const {
        auto& properties = wanted.properties();
        drop_nulls(properties);
        const auto source = checked_source(properties);
        const auto content = content_of(services_.images, source);
        if (!content) {
            throw source_not_found(source);
        }
        const auto definition = require_definition(call);
        check_kind(definition, source, *content);
        const auto profile =
            publishing_profile(object_member(properties, "publishingProfile"), {}, wanted.location);
        // Nobody erases it between the look at the source and the publishing.
        const auto held = services_.storage.hold(content->digest);
        gallery::ImageVersion version{
            .definition_id = definition.id,
            .regions = regions_of(profile),
            .exclude_from_latest = profile.at("excludeFromLatest").as_bool(),
            .tags = tags_of(wanted),
            .content = *content,
            .provenance = {.source = source},
            .published = base::now()};
        services_.images.publish(
            std::move(version), [&](const auto& /*existing*/) { return number; }, {});
    }

    [[nodiscard]] Resource require_definition(const Call& call) const {
        auto above = call;
        above.path.types.pop_back();
        above.path.names.pop_back();
        return resources::require(services_.resources, above);
    }

    const Services services_;
    const resources::ResourceType type_;
};

resources::DocumentRules rules() {
    resources::DocumentRules rules;
    rules.complete = [](const Call& call, const Resource* known, Resource& wanted) {
        if (known == nullptr) {
            throw Error(ErrorKind::Conflict,
                        "ResourceConflict",
                        fmt::format("The version '{}' was deleted meanwhile.", call.name()));
        }
        complete(*known, wanted);
    };
    rules.show = [](const Call& call, const Resource& /*version*/, object& document) {
        show(call, document);
    };
    rules.before_removal = [](const Call& /*call*/, const Resource& version, auto& /*change*/) {
        refuse_protected(version.properties());
    };
    return rules;
}

}  // namespace

resources::ResourceType image_versions(const Services& services) {
    resources::ResourceType named{.name = "Microsoft.Compute/galleries/images/versions",
                                  .api_versions = {"2025-03-03",
                                                   "2024-03-03",
                                                   "2023-07-03",
                                                   "2022-08-03",
                                                   "2022-03-03",
                                                   "2021-10-01",
                                                   "2021-07-01",
                                                   "2020-09-30",
                                                   "2019-12-01",
                                                   "2019-07-01",
                                                   "2019-03-01",
                                                   "2018-06-01"}};
    const Copying copying(services, named);
    auto type = resources::document_type(std::move(named), rules(), services.resources);
    type.put = [copying, update = type.put, services](const Call& call) {
        return resources::write_in_turn(call, [&] {
            return services.resources.find(call.path.key()) ? update(call) : copying.answer(call);
        });
    };
    type.remove = removing_disk(type.remove, services);
    type.check_removal = [services](const Call& call) {
        if (const auto version = services.resources.find(call.path.key())) {
            refuse_protected(version->properties());
        }
    };
    return type;
}

}  // namespace ingot::providers
