// SPDX-License-Identifier: Apache-2.0
// What an image definition is for. Which images it holds is the repository's knowledge.
#pragma once

#include "arm/hyper_v_generation.h"

#include <string>

namespace ingot::gallery {

struct ImageDefinition {
    std::string id{};  // case as first written
    arm::HyperVGeneration generation = arm::HyperVGeneration::V1;
    std::string os_type = "Linux";
    bool for_specialized = false;  // what Ingot makes is generalized
};

// Throws Error{Conflict, "ImageDefinitionMismatch"} if an image of this kind cannot be published
// there.
void require_fit(const ImageDefinition& definition,
                 arm::HyperVGeneration generation,
                 const std::string& os_type);

}  // namespace ingot::gallery
