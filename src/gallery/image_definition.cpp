// SPDX-License-Identifier: Apache-2.0
#include "gallery/image_definition.h"

#include "base/error.h"

#include <fmt/format.h>

namespace ingot::gallery {

void require_fit(const ImageDefinition& definition,
                 arm::HyperVGeneration generation,
                 const std::string& os_type) {
    if (definition.generation == generation && definition.os_type == os_type &&
        !definition.for_specialized) {
        return;
    }
    throw base::Error(
        base::ErrorKind::Conflict,
        "ImageDefinitionMismatch",
        fmt::format("the image definition {} is for {} {} images of generation {}, this one is "
                    "generalized {} of generation {}; publish it to another definition",
                    definition.id,
                    definition.for_specialized ? "specialized" : "generalized",
                    definition.os_type,
                    arm::to_string(definition.generation),
                    os_type,
                    arm::to_string(generation)),
        definition.id);
}

}  // namespace ingot::gallery
