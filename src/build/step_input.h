// SPDX-License-Identifier: Apache-2.0
// What decides what a step does in the guest, by content: it goes into the key of the step's layer
// (layers/layer_key.h) and tells a person what changed. Customizers fill it in.
#pragma once

#include <string>
#include <vector>

namespace ingot::build {

struct StepInput {
    std::string name;   // type, script, destination, ...
    std::string value;  // text, or a digest for what is large

    auto operator<=>(const StepInput&) const = default;
};

using StepInputs = std::vector<StepInput>;

}  // namespace ingot::build
