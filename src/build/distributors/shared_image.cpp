// SPDX-License-Identifier: Apache-2.0
#include "base/ascii.h"
#include "base/error.h"
#include "build/distributors/targets.h"
#include "gallery/versioning.h"

#include <algorithm>

#include <fmt/format.h>

namespace ingot::build {
namespace {

gallery::VersionNumber number_for(const templates::SharedImageTarget& target,
                                  const std::string& exact_source,
                                  const std::vector<gallery::VersionNumber>& existing) {
    if (!target.version.empty()) {
        return gallery::VersionNumber::parse(target.version).value();
    }
    if (!target.versioning) {
        return gallery::next_dated(existing, base::now());
    }
    return target.versioning->scheme == templates::VersionScheme::FromSource
               ? gallery::next_from_source(existing, exact_source)
               : gallery::next_latest(existing, target.versioning->major);
}

std::vector<gallery::TargetRegion> regions_of(const templates::SharedImageTarget& target) {
    std::vector<gallery::TargetRegion> regions;
    for (const auto& region : target.regions) {
        regions.push_back({region.name, region.replica_count, region.storage_account_type});
    }
    return regions;
}

}  // namespace

std::string publish_shared_image(const templates::Distributor& distributor,
                                 const templates::SharedImageTarget& target,
                                 const TargetContext& context) {
    const auto& image = context.image;
    const gallery::ImageVersion version{.definition_id = target.gallery_image_id,
                                        .regions = regions_of(target),
                                        .exclude_from_latest = target.exclude_from_latest,
                                        .tags = distributor.artifact_tags,
                                        .content = image.content,
                                        .provenance = image.provenance,
                                        .published = base::now()};
    const std::scoped_lock lock(context.repository);
    const auto listed = image.images.publish(
        version,
        [&](const auto& existing) { return number_for(target, image.provenance.source, existing); },
        {.run_id = image.provenance.run_id,
         .template_name = image.provenance.template_name,
         .name = distributor.run_output_name});
    return listed.id();
}

void check_shared_image(const templates::SharedImageTarget& target,
                        const GuestKind& kind,
                        gallery::ImageRepository& images) {
    if (const auto definition = images.definition(target.gallery_image_id)) {
        gallery::require_fit(*definition, kind.generation, kind.os_type);
    }
    for (const auto& version : images.versions()) {
        if (!base::equal_ignoring_case(version.definition_id, target.gallery_image_id)) {
            continue;
        }
        if (version.number.to_string() == target.version) {
            throw base::Error(base::ErrorKind::AlreadyExists,
                              "ImageVersionExists",
                              fmt::format("the image version {} exists already; versions never "
                                          "change, choose another number",
                                          version.id()),
                              version.id());
        }
    }
}

}  // namespace ingot::build
