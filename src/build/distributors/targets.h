// SPDX-License-Identifier: Apache-2.0
// The kinds of target, one .cpp each. Private to distributors/: the rest of build/ includes
// distributor.h.
#pragma once

#include "build/distributors/distributor.h"

#include <mutex>
#include <string>

namespace ingot::build {

struct TargetContext {
    const SealedImage& image;
    std::mutex& repository;  // held while image.images is used
};

// Each returns what was published, for the log: an ARM id or a URI. Throw Error and Cancelled.
[[nodiscard]] std::string publish_shared_image(const templates::Distributor& distributor,
                                               const templates::SharedImageTarget& target,
                                               const TargetContext& context);
[[nodiscard]] std::string publish_managed_image(const templates::Distributor& distributor,
                                                const templates::ManagedImageTarget& target,
                                                const TargetContext& context);
[[nodiscard]] std::string publish_vhd(const templates::Distributor& distributor,
                                      const templates::VhdTarget& target,
                                      const TargetContext& context);

void check_shared_image(const templates::SharedImageTarget& target,
                        const GuestKind& kind,
                        gallery::ImageRepository& images);
void check_vhd(const templates::VhdTarget& target);

}  // namespace ingot::build
