// SPDX-License-Identifier: Apache-2.0
#include "cli/image_description.h"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace ingot::cli {
namespace {

using gallery::ImageVersion;
using gallery::ManagedImage;
using gallery::PublishedImage;
using gallery::Vhd;

boost::json::object tags_of(const std::map<std::string, std::string>& tags) {
    boost::json::object json;
    for (const auto& [name, value] : tags) {
        json[name] = value;
    }
    return json;
}

std::string kind_of(const PublishedImage& image) {
    if (std::holds_alternative<ManagedImage>(image)) {
        return "managedImage";
    }
    return std::holds_alternative<ImageVersion>(image) ? "galleryVersion" : "vhd";
}

base::Timestamp time_of(const PublishedImage& image) {
    if (const auto* managed = std::get_if<ManagedImage>(&image)) {
        return managed->created;
    }
    if (const auto* version = std::get_if<ImageVersion>(&image)) {
        return version->published;
    }
    return std::get<Vhd>(image).created;
}

void add_specifics(boost::json::object& json, const PublishedImage& image) {
    if (const auto* managed = std::get_if<ManagedImage>(&image)) {
        json["location"] = managed->location;
        json["tags"] = tags_of(managed->tags);
    } else if (const auto* version = std::get_if<ImageVersion>(&image)) {
        boost::json::array regions;
        for (const auto& region : version->regions) {
            regions.push_back(
                boost::json::object{{"name", region.name},
                                    {"replicaCount", region.replica_count},
                                    {"storageAccountType", region.storage_account_type}});
        }
        json["version"] = version->number.to_string();
        json["excludeFromLatest"] = version->exclude_from_latest;
        json["targetRegions"] = regions;
        json["tags"] = tags_of(version->tags);
    } else {
        const auto& vhd = std::get<Vhd>(image);
        json["uri"] = vhd.uri;
        json["tags"] = tags_of(vhd.tags);
    }
}

const gallery::Provenance& provenance_of(const PublishedImage& image) {
    return std::visit([](const auto& one) -> const gallery::Provenance& { return one.provenance; },
                      image);
}

}  // namespace

std::vector<PublishedImage> all_images(const gallery::PublishedImages& images) {
    std::vector<PublishedImage> all(images.managed_images.begin(), images.managed_images.end());
    all.insert(all.end(), images.versions.begin(), images.versions.end());
    all.insert(all.end(), images.vhds.begin(), images.vhds.end());
    return all;
}

std::string name_of(const PublishedImage& image) {
    if (const auto* managed = std::get_if<ManagedImage>(&image)) {
        return managed->id;
    }
    if (const auto* version = std::get_if<ImageVersion>(&image)) {
        return version->id();
    }
    return std::get<Vhd>(image).name;
}

const gallery::DiskContent& content_of(const PublishedImage& image) {
    return std::visit([](const auto& one) -> const gallery::DiskContent& { return one.content; },
                      image);
}

std::string one_line(const PublishedImage& image) {
    const auto& content = content_of(image);
    return fmt::format("{}  {:14}  {}  {:>10}  {}",
                       base::to_rfc3339(time_of(image)).substr(0, 19),
                       kind_of(image),
                       arm::to_string(content.generation),
                       base::to_string(content.data_size),
                       name_of(image));
}

boost::json::value to_json(const PublishedImage& image) {
    const auto& content = content_of(image);
    const auto& provenance = provenance_of(image);
    boost::json::object json{{"kind", kind_of(image)},
                             {"id", name_of(image)},
                             {"created", base::to_rfc3339(time_of(image))},
                             {"osType", content.os_type},
                             {"hyperVGeneration", arm::to_string(content.generation)},
                             {"virtualSizeBytes", content.virtual_size.bytes()},
                             {"dataBytes", content.data_size.bytes()},
                             {"digest", "sha256:" + content.digest.hex()},
                             {"source", provenance.source},
                             {"template", provenance.template_name},
                             {"run", provenance.run_id}};
    add_specifics(json, image);
    return json;
}

}  // namespace ingot::cli
