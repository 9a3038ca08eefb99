// SPDX-License-Identifier: Apache-2.0
// What a command does first: find runs whose worker is dead, put on record what became of them, and
// remove what they left behind. A worker that lives holds its lock, so its run is never touched.
// Every ingot process may do this at any time.
#pragma once

#include "artifact/artifact_storage.h"
#include "build/run_repository.h"
#include "build/state_folder.h"
#include "gallery/image_repository.h"

#include <string>
#include <vector>

namespace ingot::build {

struct RecoveryServices {
    RunRepository& runs;
    gallery::ImageRepository& images;
    const artifact::ArtifactStorage& storage;
    const StateFolder& folder;
};

// A run of the service that no worker was ever started for: it waits for its turn.
[[nodiscard]] bool is_waiting(const Run& run, const StateFolder& folder);

// Whether a worker carries it out right now.
[[nodiscard]] bool has_live_worker(const std::string& run_id, const StateFolder& folder);

// The ids of the runs that were found dead.
std::vector<std::string> recover(const RecoveryServices& services);

}  // namespace ingot::build
