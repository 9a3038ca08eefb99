// SPDX-License-Identifier: Apache-2.0
#include "build/distributors/targets.h"

namespace ingot::build {

std::string publish_managed_image(const templates::Distributor& distributor,
                                  const templates::ManagedImageTarget& target,
                                  const TargetContext& context) {
    const auto& image = context.image;
    const gallery::ManagedImage published{.id = target.image_id,
                                          .location = target.location,
                                          .tags = distributor.artifact_tags,
                                          .content = image.content,
                                          .provenance = image.provenance,
                                          .created = base::now()};
    const std::scoped_lock lock(context.repository);
    image.images.publish(published,
                         {.run_id = image.provenance.run_id,
                          .template_name = image.provenance.template_name,
                          .name = distributor.run_output_name,
                          .artifact_id = target.image_id});
    return target.image_id;
}

}  // namespace ingot::build
