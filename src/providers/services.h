// SPDX-License-Identifier: Apache-2.0
// What resource types stand on: the repositories and facts that the service hands to each of them.
// Making these is the composition's job (service/); every member outlives every resource type and
// may be used from several threads.
#pragma once

#include "artifact/artifact_storage.h"
#include "build/run_repository.h"
#include "gallery/image_repository.h"
#include "identity/principal_repository.h"
#include "resources/resource_repository.h"
#include "sources/catalog.h"

#include <string>

namespace ingot::providers {

struct Services {
    resources::ResourceRepository& resources;
    gallery::ImageRepository& images;
    build::RunRepository& runs;
    identity::PrincipalRepository& principals;
    const artifact::ArtifactStorage& storage;
    const sources::Catalog& catalog;
    std::string tenant_id;
};

}  // namespace ingot::providers
