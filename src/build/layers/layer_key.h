// SPDX-License-Identifier: Apache-2.0
// The names of layers: a hash of everything that made the state of a build, and of nothing else.
// Pure. The definition is docs/formats/layers.md; to change it is to forget every layer.
#pragma once

#include "arm/hyper_v_generation.h"
#include "base/byte_count.h"
#include "base/digest.h"
#include "build/step_input.h"

#include <string>

namespace ingot::build {

// What a build begins with.
struct LayerRoot {
    std::string scope{};  // whose layers: others' are never used (see layer_scope())
    base::Sha256Digest base{};
    arm::HyperVGeneration generation = arm::HyperVGeneration::V1;
    std::string os_type{};
    int vcpus = 0;
    base::ByteCount memory{};
    base::ByteCount disk_size{};
    std::string way_in{};  // "direct" or "cloud-init"
    std::string engine{};  // text of the scripts that Ingot itself runs in every guest
};

// Of the state in which the first customizer begins.
[[nodiscard]] base::Sha256Digest root_key(const LayerRoot& root);

// Of the state after a step that began in the state `parent`.
[[nodiscard]] base::Sha256Digest child_key(const base::Sha256Digest& parent,
                                           const StepInputs& inputs);

}  // namespace ingot::build
