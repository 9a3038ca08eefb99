// SPDX-License-Identifier: Apache-2.0
// Publishes a sealed disk to every target of a template at once: gallery versions, managed images,
// VHD files. Each target is published atomically and on its own; one that fails does not touch the
// others. Adding a kind is one new file in this folder and one line in distributor.cpp. What
// failures mean for the run is the pipeline's decision.
#pragma once

#include "arm/hyper_v_generation.h"
#include "artifact/artifact_storage.h"
#include "base/cancellation.h"
#include "build/journal.h"
#include "build/state_folder.h"
#include "gallery/image_repository.h"
#include "templates/model.h"

#include <mutex>
#include <string>
#include <vector>

namespace ingot::build {

struct SealedImage {
    gallery::DiskContent content;  // in `storage`
    gallery::Provenance provenance;
    gallery::ImageRepository& images;  // used by one target at a time
    const artifact::ArtifactStorage& storage;
    const StateFolder& folder;
    Journal& journal;
    const base::Cancellation& cancellation;
};

struct GuestKind {
    arm::HyperVGeneration generation;
    std::string os_type;
};

// What is known to fail before the build: an explicit version that exists, a definition of another
// generation or OS, a VHD URI that Ingot cannot write. Throws Error with a detail for each.
void check_targets(const std::vector<templates::Distributor>& targets,
                   const GuestKind& kind,
                   gallery::ImageRepository& images);

// One sentence for each target that failed. Each target is a step "distribute[i]" of the journal.
[[nodiscard]] std::vector<std::string> distribute_to_all(
    const std::vector<templates::Distributor>& targets, const SealedImage& image);

}  // namespace ingot::build
