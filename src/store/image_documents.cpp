// SPDX-License-Identifier: Apache-2.0
#include "store/image_documents.h"

#include "arm/regions.h"

#include <algorithm>
#include <cctype>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ingot::store {
namespace {

using boost::json::object;
using resources::Resource;

constexpr std::string_view kImplied = "implied";
constexpr std::string_view kDefaultStorage = "Standard_LRS";

std::string text_in(const object& parent, std::string_view name) {
    const auto* member = parent.if_contains(name);
    return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                    : std::string();
}

bool flag_in(const object& parent, std::string_view name) {
    const auto* member = parent.if_contains(name);
    return member != nullptr && member->is_bool() && member->get_bool();
}

std::uint64_t whole_gib(base::ByteCount size) {
    return size.rounded_up_to(base::ByteCount::gib(1)).bytes() >> 30U;
}

object tags_as_json(const std::map<std::string, std::string>& tags) {
    object json;
    for (const auto& [name, value] : tags) {
        json[name] = value;
    }
    return json;
}

Resource new_document(const std::string& id,
                      std::string_view type,
                      const std::string& location,
                      base::Timestamp created) {
    Resource document;
    document.id = id;
    document.type = type;
    document.location = location;
    document.created = created;
    document.changed = created;
    document.properties()["provisioningState"] = "Succeeded";
    return document;
}

Resource new_implied(const arm::ResourceId& id,
                     std::string_view type,
                     const std::string& location,
                     base::Timestamp created) {
    auto document = new_document(id.to_string(), type, location, created);
    document.internal[kImplied] = true;
    return document;
}

std::string location_of(const gallery::ImageVersion& version,
                        const std::string& definition_location) {
    const auto is_here = [&](const gallery::TargetRegion& region) {
        return arm::region_name(region.name) == definition_location;
    };
    return version.regions.empty() || std::ranges::any_of(version.regions, is_here)
               ? definition_location
               : arm::region_name(version.regions.front().name);
}

object region_document(const gallery::TargetRegion& region) {
    return {{"name", arm::region_display_name(region.name)},
            {"regionalReplicaCount", region.replica_count},
            {"storageAccountType",
             region.storage_account_type.empty() ? kDefaultStorage : region.storage_account_type},
            {"excludeFromLatest", false}};
}

object publishing_profile(const gallery::ImageVersion& version, const std::string& location) {
    boost::json::array regions;
    for (const auto& region : version.regions) {
        regions.push_back(region_document(region));
    }
    if (regions.empty()) {
        regions.push_back(region_document({.name = location}));
    }
    return {{"targetRegions", std::move(regions)},
            {"replicaCount", 1},
            {"excludeFromLatest", version.exclude_from_latest},
            {"publishedDate", base::to_rfc3339(version.published)},
            {"storageAccountType", kDefaultStorage},
            {"replicationMode", "Full"}};
}

// What the version was made of, where that is a resource. A run's source is a platform image, or
// an image that was changed since, so its versions have none.
object storage_profile(const gallery::ImageVersion& version) {
    object profile{{"osDiskImage",
                    object{{"sizeInGB", whole_gib(version.content.virtual_size)},
                           {"hostCaching", "ReadWrite"}}}};
    if (version.provenance.run_id.empty() && !version.provenance.source.empty()) {
        profile["source"] = object{{"id", version.provenance.source}};
    }
    return profile;
}

gallery::TargetRegion region_in(const object& region) {
    const auto* count = region.if_contains("regionalReplicaCount");
    return {.name = arm::region_name(text_in(region, "name")),
            .replica_count =
                count != nullptr && count->is_int64() ? static_cast<int>(count->get_int64()) : 1,
            .storage_account_type = text_in(region, "storageAccountType")};
}

void read_publishing_profile(const object& profile, gallery::ImageVersion& version) {
    version.exclude_from_latest = flag_in(profile, "excludeFromLatest");
    const auto* regions = profile.if_contains("targetRegions");
    if (regions == nullptr || !regions->is_array() || regions->get_array().empty()) {
        return;
    }
    bool excluded_everywhere = true;
    for (const auto& region : regions->get_array()) {
        if (region.is_object()) {
            version.regions.push_back(region_in(region.get_object()));
            excluded_everywhere &= flag_in(region.get_object(), "excludeFromLatest");
        }
    }
    version.exclude_from_latest |= excluded_everywhere;
}

}  // namespace

Resource document_of(const gallery::ManagedImage& image) {
    auto document =
        new_document(image.id, kManagedImageType, arm::region_name(image.location), image.created);
    document.tags = tags_as_json(image.tags);
    auto& properties = document.properties();
    properties["storageProfile"] = {{"osDisk",
                                     {{"osType", image.content.os_type},
                                      {"osState", "Generalized"},
                                      {"diskSizeGB", whole_gib(image.content.virtual_size)},
                                      {"caching", "ReadWrite"},
                                      {"storageAccountType", kDefaultStorage}}},
                                    {"dataDisks", boost::json::array()},
                                    {"zoneResilient", false}};
    properties["hyperVGeneration"] = arm::to_string(image.content.generation);
    return document;
}

Resource document_of(const gallery::ImageVersion& version, const std::string& definition_location) {
    const auto location = location_of(version, definition_location);
    auto document = new_document(version.id(), kVersionType, location, version.published);
    document.tags = tags_as_json(version.tags);
    auto& properties = document.properties();
    properties["publishingProfile"] = publishing_profile(version, location);
    properties["storageProfile"] = storage_profile(version);
    properties["safetyProfile"] = {{"allowDeletionOfReplicatedLocations", true},
                                   {"reportedForPolicyViolation", false}};
    return document;
}

Resource implied_definition(const arm::ResourceId& id,
                            const std::string& location,
                            const gallery::DiskContent& content,
                            base::Timestamp created) {
    auto document = new_implied(id, kDefinitionType, location, created);
    auto& properties = document.properties();
    properties["osType"] = content.os_type;
    properties["osState"] = "Generalized";
    properties["hyperVGeneration"] = arm::to_string(content.generation);
    properties["architecture"] = "x64";
    // Unique in the gallery, as identifiers have to be.
    properties["identifier"] = {
        {"publisher", "Ingot"}, {"offer", id.names().front()}, {"sku", id.name()}};
    return document;
}

Resource implied_gallery(const arm::ResourceId& id,
                         const std::string& location,
                         base::Timestamp created) {
    auto document = new_implied(id, kGalleryType, location, created);
    auto unique_name = id.subscription() + "-";
    for (const char c : id.name()) {
        unique_name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    document.properties()["identifier"] = object{{"uniqueName", unique_name}};
    return document;
}

Resource implied_group(const arm::ResourceId& id,
                       const std::string& location,
                       base::Timestamp created) {
    auto document = new_implied(id, kGroupType, location, created);
    // The word as Azure writes it, whatever the image's id has.
    document.id =
        fmt::format("/subscriptions/{}/resourceGroups/{}", id.subscription(), id.resource_group());
    return document;
}

bool is_implied(const Resource& document) {
    return flag_in(document.internal, kImplied);
}

bool is_for_specialized(const Resource& definition) {
    return text_in(definition.properties(), "osState") == "Specialized";
}

gallery::ImageVersion revised_version(const Resource& document) {
    gallery::ImageVersion version;
    if (const auto reference = gallery::split_version_id(document.id)) {
        version.definition_id = reference->definition_id;
        version.number =
            gallery::VersionNumber::parse(reference->version).value_or(gallery::VersionNumber{});
    }
    const auto* profile = document.properties().if_contains("publishingProfile");
    if (profile != nullptr && profile->is_object()) {
        read_publishing_profile(profile->get_object(), version);
    }
    version.tags = tags_of(document);
    return version;
}

std::map<std::string, std::string> tags_of(const Resource& document) {
    std::map<std::string, std::string> tags;
    for (const auto& [name, value] : document.tags) {
        if (value.is_string()) {
            tags.emplace(name, value.get_string());
        }
    }
    return tags;
}

}  // namespace ingot::store
