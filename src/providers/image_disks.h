// SPDX-License-Identifier: Apache-2.0
// What managed images and image versions share: the disk behind the resource, and its going when
// the last image that has it goes.
#pragma once

#include "gallery/images.h"
#include "providers/services.h"
#include "resources/resource_type.h"

#include <optional>
#include <string_view>

namespace ingot::providers {

// Of a managed image or an image version, by its id in any case.
[[nodiscard]] std::optional<gallery::DiskContent> content_of(gallery::ImageRepository& images,
                                                             std::string_view id);

// `remove`, after which the resource's disk is erased if no other image has it. A disk that a run
// holds stays until the next sweep.
[[nodiscard]] resources::Verb removing_disk(resources::Verb remove, const Services& services);

}  // namespace ingot::providers
