// SPDX-License-Identifier: Apache-2.0
#include "arm/resource_id.h"
#include "base/ascii.h"
#include "templates/reading/parts.h"

#include <set>

#include <fmt/format.h>

namespace ingot::templates {
namespace {

// Replication is said in the old way (one list of names) or the new (a list of regions), not both.
void check_regions(const Node& node, Findings& findings) {
    const bool old_way = !node.texts("replicationRegions").empty();
    const bool new_way = !node.children("targetRegions").empty();
    if (old_way && new_way) {
        findings.invalid("BadSharedImageDistribute",
                         node.path(),
                         "Both 'replicationRegions' and 'targetRegions' are given; use one of "
                         "them.");
    }
    if (node.has("storageAccountType") && new_way) {
        findings.invalid("BadSharedImageDistribute",
                         node.path(),
                         "'storageAccountType' goes with 'replicationRegions'; with "
                         "'targetRegions' it stands in each region.");
    }
}

std::string storage_account_type(const Node& node) {
    return node.has("storageAccountType") ? node.text("storageAccountType")
                                          : TargetRegion{}.storage_account_type;
}

std::vector<TargetRegion> read_regions(const Node& node, Findings& findings) {
    check_regions(node, findings);
    std::vector<TargetRegion> regions;
    for (const auto& name : node.texts("replicationRegions")) {
        regions.push_back({.name = name, .storage_account_type = storage_account_type(node)});
    }
    for (const auto& region : node.children("targetRegions")) {
        regions.push_back({.name = region.text("name"),
                           .replica_count = region.integer("replicaCount", 1),
                           .storage_account_type = storage_account_type(region)});
    }
    return regions;
}

std::optional<Versioning> read_versioning(const Node& node) {
    if (!node.has("versioning")) {
        return std::nullopt;
    }
    const Node versioning = node.child("versioning");
    Versioning result;
    if (versioning.text("scheme") == "Source") {
        result.scheme = VersionScheme::FromSource;
    }
    if (const int major = versioning.integer("major", -1); major >= 0) {
        result.major = major;
    }
    return result;
}

SharedImageTarget read_shared_image(const Node& node, Findings& findings) {
    SharedImageTarget target{.gallery_image_id = node.text("galleryImageId"),
                             .version = {},
                             .regions = read_regions(node, findings),
                             .exclude_from_latest = node.boolean("excludeFromLatest"),
                             .versioning = read_versioning(node)};
    const auto id = arm::ResourceId::try_parse(target.gallery_image_id);
    if (id && id->is("Microsoft.Compute/galleries/images/versions")) {
        target.version = id->name();
        target.gallery_image_id = id->parent()->to_string();
        if (target.versioning) {
            findings.add(Severity::Warning,
                         "NotActedOn",
                         node.path() / "versioning",
                         fmt::format("'versioning' has no effect: 'galleryImageId' names version "
                                     "{}.",
                                     target.version));
        }
    }
    return target;
}

Distributor read_distributor(const Node& node, Findings& findings) {
    const std::string type = node.text("type");
    Distributor distributor{.run_output_name = node.text("runOutputName"),
                            .artifact_tags = node.text_map("artifactTags"),
                            .target = {}};
    if (type == "SharedImage") {
        distributor.target = read_shared_image(node, findings);
    } else if (type == "ManagedImage") {
        distributor.target =
            ManagedImageTarget{.image_id = node.text("imageId"), .location = node.text("location")};
    } else {
        distributor.target = VhdTarget{node.text("uri")};
    }
    return distributor;
}

// Run outputs and images are ARM resources: their names compare without case.
class SeenNames {
  public:
    void check(const Node& node, std::string_view field, Findings& findings) {
        const std::string name = node.text(field);
        if (!name.empty() && !seen_[std::string(field)].insert(base::to_lower(name)).second) {
            findings.bad_value(node.path(),
                               field,
                               boost::json::value(name),
                               "Another distributor has it already.");
        }
    }

  private:
    std::map<std::string, std::set<std::string>> seen_;
};

bool names_a_version(const Node& node) {
    const auto id = arm::ResourceId::try_parse(node.text("galleryImageId"));
    return id && id->is("Microsoft.Compute/galleries/images/versions");
}

}  // namespace

std::vector<Distributor> read_distributors(const Node& properties, Findings& findings) {
    std::vector<Distributor> distributors;
    SeenNames seen;
    for (const auto& node : properties.children("distribute")) {
        seen.check(node, "runOutputName", findings);
        seen.check(node, "imageId", findings);
        if (names_a_version(node)) {
            seen.check(node, "galleryImageId", findings);
        }
        distributors.push_back(read_distributor(node, findings));
    }
    return distributors;
}

}  // namespace ingot::templates
