// SPDX-License-Identifier: Apache-2.0
// Published images as clients of Azure Resource Manager see them, and back: pure functions between
// the values of gallery/ and documents. Which of them are stored when is image_mirror.h's matter.
#pragma once

#include "arm/resource_id.h"
#include "gallery/images.h"
#include "resources/resource.h"

#include <map>
#include <string>
#include <string_view>

namespace ingot::store {

inline constexpr std::string_view kGroupType = "Microsoft.Resources/resourceGroups";
inline constexpr std::string_view kGalleryType = "Microsoft.Compute/galleries";
inline constexpr std::string_view kDefinitionType = "Microsoft.Compute/galleries/images";
inline constexpr std::string_view kVersionType = "Microsoft.Compute/galleries/images/versions";
inline constexpr std::string_view kManagedImageType = "Microsoft.Compute/images";

[[nodiscard]] resources::Resource document_of(const gallery::ManagedImage& image);

// `definition_location` where that is one of the version's regions; otherwise the first of them.
[[nodiscard]] resources::Resource document_of(const gallery::ImageVersion& version,
                                              const std::string& definition_location);

// The definition, gallery and group that a version or image needs and nobody created: named and
// placed after it.
[[nodiscard]] resources::Resource implied_definition(const arm::ResourceId& id,
                                                     const std::string& location,
                                                     const gallery::DiskContent& content,
                                                     base::Timestamp created);
[[nodiscard]] resources::Resource implied_gallery(const arm::ResourceId& id,
                                                  const std::string& location,
                                                  base::Timestamp created);
[[nodiscard]] resources::Resource implied_group(const arm::ResourceId& id,
                                                const std::string& location,
                                                base::Timestamp created);

// Whether it is one of the above, and no client has written it since.
[[nodiscard]] bool is_implied(const resources::Resource& document);

// Of a definition: whether its images keep their machine's identity, which none of Ingot's does.
[[nodiscard]] bool is_for_specialized(const resources::Resource& definition);

// What a client can change of a version: definition and number from the id, regions, exclusion from
// latest, tags. The rest is empty. Excluded is also what every region excludes: to runs, this host
// is all of them.
[[nodiscard]] gallery::ImageVersion revised_version(const resources::Resource& document);

[[nodiscard]] std::map<std::string, std::string> tags_of(const resources::Resource& document);

}  // namespace ingot::store
