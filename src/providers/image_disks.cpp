// SPDX-License-Identifier: Apache-2.0
#include "providers/image_disks.h"

#include "base/ascii.h"

#include <utility>

namespace ingot::providers {

std::optional<gallery::DiskContent> content_of(gallery::ImageRepository& images,
                                               std::string_view id) {
    for (const auto& image : images.managed_images()) {
        if (base::equal_ignoring_case(image.id, id)) {
            return image.content;
        }
    }
    for (const auto& version : images.versions()) {
        if (base::equal_ignoring_case(version.id(), id)) {
            return version.content;
        }
    }
    return std::nullopt;
}

resources::Verb removing_disk(resources::Verb remove, const Services& services) {
    return [remove = std::move(remove), services](const resources::Call& call) {
        const auto content = content_of(services.images, call.path.key());
        auto answer = remove(call);
        if (content) {
            services.storage.erase_unused(content->digest,
                                          [&] { return services.images.uses(content->digest); });
        }
        return answer;
    };
}

}  // namespace ingot::providers
