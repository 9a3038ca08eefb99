// SPDX-License-Identifier: Apache-2.0
// From what a person types to the one published image that is meant. Pure: the lists come from the
// repository.
#pragma once

#include "gallery/images.h"

#include <string_view>
#include <variant>
#include <vector>

namespace ingot::gallery {

struct PublishedImages {
    std::vector<ManagedImage> managed_images;
    std::vector<ImageVersion> versions;
    std::vector<Vhd> vhds;
};

using PublishedImage = std::variant<ManagedImage, ImageVersion, Vhd>;

// `typed`, in any case: an ARM id (of a managed image, a version, or a definition or its
// /versions/latest), gallery/definition/version, gallery/definition or gallery/definition/latest,
// the name of a managed image, or the name or URI of a VHD. Throws Error{InvalidArgument,
// AmbiguousImage} naming the candidates, or Error{NotFound, ImageNotFound} naming what comes near.
[[nodiscard]] PublishedImage find_image(const PublishedImages& images, std::string_view typed);

}  // namespace ingot::gallery
