// SPDX-License-Identifier: Apache-2.0
#include "providers/platform_images.h"

#include "base/ascii.h"
#include "base/error.h"
#include "providers/compute_rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string>
#include <variant>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using resources::Answer;
using resources::Call;
using sources::Catalog;
using sources::PlatformImage;

// The names of a path: location, publisher, "vmimage", offer, sku, version. An image has the ones
// that have been given.
bool is_under(const PlatformImage& image, const std::vector<std::string>& names) {
    const std::array<std::string_view, 4> own = {
        image.publisher, image.offer, image.sku, image.version};
    std::size_t part = 0;
    for (std::size_t i = 1; i < names.size(); ++i) {
        const bool is_artifact_type = i == 2;
        const auto wanted = is_artifact_type ? std::string_view("vmimage") : own[part++];
        if (!base::equal_ignoring_case(names[i], wanted)) {
            return false;
        }
    }
    return true;
}

std::vector<const PlatformImage*> images_under(const Catalog& catalog, const Call& call) {
    std::vector<const PlatformImage*> found;
    for (const auto& image : catalog.images()) {
        if (is_under(image, call.path.names)) {
            found.push_back(&image);
        }
    }
    if (found.empty() && call.path.names.size() > 1) {
        throw base::Error(
            base::ErrorKind::NotFound, "NotFound", "Artifact: VMImage was not found.");
    }
    return found;
}

// The id of what a path names, with the words as Azure writes them here.
std::string id_of(const Call& call, const std::vector<std::string>& names) {
    constexpr std::array<std::string_view, 6> kWords = {
        "Locations", "Publishers", "ArtifactTypes", "Offers", "Skus", "Versions"};
    auto id = fmt::format("/Subscriptions/{}/Providers/Microsoft.Compute", call.path.subscription);
    for (std::size_t i = 0; i < names.size(); ++i) {
        id += fmt::format("/{}/{}", kWords[i], i == 2 ? "VMImage" : names[i]);
    }
    return id;
}

boost::json::object entry(const Call& call, const std::string& name) {
    auto names = call.path.names;
    names.push_back(name);
    return {{"location", call.path.names.front()}, {"name", name}, {"id", id_of(call, names)}};
}

// Each value of `part` once, in whatever case it comes first, by name.
Answer list_names(const Catalog& catalog, const Call& call, std::string PlatformImage::*part) {
    std::map<std::string, std::string> names;
    for (const auto* image : images_under(catalog, call)) {
        names.emplace(base::to_lower(image->*part), image->*part);
    }
    boost::json::array list;
    for (const auto& [key, name] : names) {
        list.push_back(entry(call, name));
    }
    return resources::ok(std::move(list));
}

boost::json::object properties_of(const PlatformImage& image) {
    boost::json::object disk{{"operatingSystem", image.os_type}};
    if (const auto* recipe = std::get_if<sources::Recipe>(&image.origin)) {
        disk["sizeInBytes"] = recipe->size.bytes();
        disk["sizeInGb"] = recipe->size.rounded_up_to(base::ByteCount::gib(1)).bytes() >> 30U;
    }
    return {{"osDiskImage", std::move(disk)},
            {"dataDiskImages", boost::json::array()},
            {"automaticOSUpgradeProperties",
             boost::json::object{{"automaticOSUpgradeSupported", false}}},
            {"hyperVGeneration", arm::to_string(image.generation)},
            {"architecture", "x64"},
            {"features", boost::json::array()},
            {"imageDeprecationStatus", boost::json::object{{"imageState", "Active"}}}};
}

std::size_t limit_of(const Call& call, std::size_t count) {
    const auto top = call.query_value("$top");
    std::size_t limit = count;
    const auto* end = top.data() + top.size();
    if (!top.empty() && std::from_chars(top.data(), end, limit).ptr != end) {
        throw invalid_parameter("$top", "The value of parameter $top is invalid.");
    }
    return std::min(limit, count);
}

Answer list_versions(const Catalog& catalog, const Call& call) {
    auto images = images_under(catalog, call);
    std::ranges::stable_sort(images, [](const auto* a, const auto* b) {
        return sources::version_precedes(a->version, b->version);
    });
    const auto order = base::to_lower(call.query_value("$orderby"));
    if (order.ends_with(" desc")) {
        std::ranges::reverse(images);
    }
    images.resize(limit_of(call, images.size()));
    const bool expanded = base::equal_ignoring_case(call.query_value("$expand"), "properties");
    boost::json::array list;
    for (const auto* image : images) {
        auto listed = entry(call, image->version);
        if (expanded) {
            listed["properties"] = properties_of(*image);
        }
        list.push_back(std::move(listed));
    }
    return resources::ok(std::move(list));
}

Answer get_version(const Catalog& catalog, const Call& call) {
    const auto* image = images_under(catalog, call).front();
    return resources::ok(boost::json::object{{"location", call.path.names.front()},
                                             {"name", image->version},
                                             {"id", id_of(call, call.path.names)},
                                             {"properties", properties_of(*image)}});
}

resources::ResourceType level(const std::string& name, resources::Verb list) {
    return {.name = "Microsoft.Compute/locations/publishers" + name,
            .api_versions = {"2026-03-01",
                             "2024-11-01",
                             "2024-07-01",
                             "2024-03-01",
                             "2023-09-01",
                             "2022-11-01",
                             "2022-08-01",
                             "2022-03-01",
                             "2021-07-01",
                             "2020-06-01",
                             "2019-12-01",
                             "2018-06-01",
                             "2017-12-01"},
            .has_location = false,
            .in_group = false,
            .list = std::move(list)};
}

}  // namespace

std::vector<resources::ResourceType> platform_images(const Services& services) {
    const auto& catalog = services.catalog;
    const auto names = [&catalog](std::string PlatformImage::*part) {
        return [&catalog, part](const Call& call) { return list_names(catalog, call, part); };
    };
    auto versions = level("/artifacttypes/offers/skus/versions",
                          [&catalog](const Call& call) { return list_versions(catalog, call); });
    versions.get = [&catalog](const Call& call) { return get_version(catalog, call); };
    return {level("", names(&PlatformImage::publisher)),
            level("/artifacttypes/offers", names(&PlatformImage::offer)),
            level("/artifacttypes/offers/skus", names(&PlatformImage::sku)),
            std::move(versions)};
}

}  // namespace ingot::providers
