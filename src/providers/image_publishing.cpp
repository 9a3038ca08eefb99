// SPDX-License-Identifier: Apache-2.0
#include "providers/image_publishing.h"

#include "arm/regions.h"
#include "base/error.h"
#include "base/timestamp.h"
#include "providers/body_members.h"
#include "providers/compute_rules.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::providers {
namespace {

using boost::json::array;
using boost::json::object;

const std::string kProfilePath = "galleryImageVersion.properties.publishingProfile";
constexpr std::int64_t kMostReplicas = 100;

std::int64_t count_in(const object& members,
                      std::string_view name,
                      const std::string& path,
                      std::int64_t fallback) {
    const auto* member = members.if_contains(name);
    if (member == nullptr) {
        return fallback;
    }
    if (!member->is_int64() || member->get_int64() < 1 || member->get_int64() > kMostReplicas) {
        const auto property = fmt::format("{}.{}", path, name);
        throw invalid_parameter(property,
                                fmt::format("The value of parameter {} is out of range. The value "
                                            "must be between 1 and {}, inclusive.",
                                            property,
                                            kMostReplicas));
    }
    return member->get_int64();
}

bool flag_in(const object& members, std::string_view name, const std::string& path, bool fallback) {
    const auto* member = members.if_contains(name);
    if (member != nullptr && !member->is_bool()) {
        const auto property = fmt::format("{}.{}", path, name);
        throw invalid_parameter(property,
                                fmt::format("The value of parameter {} is invalid.", property));
    }
    return member == nullptr ? fallback : member->get_bool();
}

std::string storage_in(object members, const std::string& path, const std::string& fallback) {
    check_word(members,
               "storageAccountType",
               path,
               {"Standard_LRS", "Standard_ZRS", "Premium_LRS", "StandardSSD_LRS", "PremiumV2_LRS"});
    const auto storage = text_member(members, "storageAccountType");
    return storage.empty() ? fallback : storage;
}

const array& regions_in(const object& profile) {
    static const array kNone;
    const auto* regions = profile.if_contains("targetRegions");
    if (regions != nullptr && !regions->is_array()) {
        throw invalid_parameter(
            kProfilePath + ".targetRegions",
            fmt::format("The value of parameter {}.targetRegions is invalid.", kProfilePath));
    }
    return regions == nullptr ? kNone : regions->get_array();
}

object complete_region(const boost::json::value& wanted, const object& profile) {
    const auto path = kProfilePath + ".targetRegions";
    if (!wanted.is_object()) {
        throw invalid_parameter(path, fmt::format("The value of parameter {} is invalid.", path));
    }
    const auto& region = wanted.get_object();
    if (!object_member(region, "encryption").empty()) {
        throw invalid_parameter(path + ".encryption",
                                "Disk encryption sets are not available; images are as safe as the "
                                "file system that holds them.");
    }
    return {{"name", arm::region_display_name(required_text(region, "name", path))},
            {"regionalReplicaCount",
             count_in(region, "regionalReplicaCount", path, profile.at("replicaCount").as_int64())},
            {"storageAccountType",
             storage_in(region, path, text_member(profile, "storageAccountType"))},
            {"excludeFromLatest", flag_in(region, "excludeFromLatest", path, false)}};
}

std::set<std::string> names_of(const array& regions) {
    std::set<std::string> names;
    for (const auto& region : regions) {
        names.insert(arm::region_name(text_member(region.as_object(), "name")));
    }
    return names;
}

void check_regions(const array& regions, const std::string& location) {
    const auto names = names_of(regions);
    if (names.size() != regions.size()) {
        throw invalid_parameter(kProfilePath + ".targetRegions",
                                "Duplicate regions are not allowed in target publishing regions.");
    }
    if (!names.contains(location)) {
        throw invalid_parameter(
            kProfilePath + ".targetRegions",
            fmt::format("Gallery image version publishing profile regions '{}' must contain the "
                        "location of image version '{}'.",
                        fmt::join(names, ", "),
                        location));
    }
}

array complete_regions(const array& wanted, const object& profile, const std::string& location) {
    array regions;
    for (const auto& region : wanted) {
        regions.push_back(complete_region(region, profile));
    }
    if (regions.empty()) {
        regions.push_back(complete_region(object{{"name", location}}, profile));
    }
    check_regions(regions, location);
    return regions;
}

}  // namespace

object publishing_profile(const object& wanted, const object& before, const std::string& location) {
    object profile = wanted;
    check_date(profile, "endOfLifeDate", kProfilePath);
    check_word(profile, "replicationMode", kProfilePath, {"Full", "Shallow"});
    profile["replicaCount"] = count_in(wanted, "replicaCount", kProfilePath, 1);
    profile["excludeFromLatest"] = flag_in(wanted, "excludeFromLatest", kProfilePath, false);
    profile["storageAccountType"] = storage_in(wanted, kProfilePath, "Standard_LRS");
    profile.emplace("replicationMode", "Full");
    const auto& regions = regions_in(wanted);
    profile["targetRegions"] =
        complete_regions(regions.empty() ? regions_in(before) : regions, profile, location);
    profile.erase("publishedDate");
    if (const auto* published = before.if_contains("publishedDate")) {
        profile["publishedDate"] = *published;
    }
    return profile;
}

object safety_profile(const object& wanted, const object& before) {
    const std::string path = "galleryImageVersion.properties.safetyProfile";
    object safety;
    for (const auto* name :
         {"allowDeletionOfReplicatedLocations", "blockDeletionBeforeEndOfLife"}) {
        const bool by_default = name == std::string_view("allowDeletionOfReplicatedLocations");
        safety[name] = flag_in(wanted, name, path, flag_in(before, name, path, by_default));
    }
    safety["reportedForPolicyViolation"] = false;
    return safety;
}

void refuse_lost_regions(const object& safety, const object& profile, const object& before) {
    if (safety.at("allowDeletionOfReplicatedLocations").as_bool()) {
        return;
    }
    const auto kept = names_of(regions_in(profile));
    for (const auto& name : names_of(regions_in(before))) {
        if (!kept.contains(name)) {
            throw base::Error(
                base::ErrorKind::Conflict,
                "OperationNotAllowed",
                fmt::format("The region '{}' cannot be removed from the gallery image version: its "
                            "safetyProfile.allowDeletionOfReplicatedLocations is false.",
                            arm::region_display_name(name)));
        }
    }
}

void refuse_protected(const object& properties) {
    const auto& safety = object_member(properties, "safetyProfile");
    const auto end =
        date_from(text_member(object_member(properties, "publishingProfile"), "endOfLifeDate"));
    const auto* blocks = safety.if_contains("blockDeletionBeforeEndOfLife");
    if (blocks != nullptr && blocks->is_bool() && blocks->get_bool() && end && *end > base::now()) {
        throw base::Error(
            base::ErrorKind::Conflict,
            "OperationNotAllowed",
            fmt::format("The gallery image version cannot be deleted before its end of life, {}: "
                        "its safetyProfile.blockDeletionBeforeEndOfLife is true.",
                        base::to_rfc3339(*end)));
    }
}

object replication_status(const object& profile) {
    array summary;
    for (const auto& region : regions_in(profile)) {
        summary.push_back({{"region", text_member(region.as_object(), "name")},
                           {"state", "Completed"},
                           {"details", ""},
                           {"progress", 100}});
    }
    return {{"aggregatedState", "Completed"}, {"summary", std::move(summary)}};
}

}  // namespace ingot::providers
