// SPDX-License-Identifier: Apache-2.0
#include "build/layers/layer_key.h"

#include <fmt/format.h>

namespace ingot::build {
namespace {

// Raised when the meaning of a layer changes, so that none of before is used.
constexpr std::string_view kFormat = "ingot layer 1";

// With its length, so that no two lists of parts read the same.
void add(base::Hasher& hasher, std::string_view part) {
    hasher.update(fmt::format("{}:", part.size()));
    hasher.update(part);
}

void add(base::Hasher& hasher, std::uint64_t number) {
    add(hasher, std::to_string(number));
}

}  // namespace

base::Sha256Digest root_key(const LayerRoot& root) {
    base::Hasher hasher;
    add(hasher, kFormat);
    add(hasher, root.scope);
    add(hasher, root.base.hex());
    add(hasher, arm::to_string(root.generation));
    add(hasher, root.os_type);
    add(hasher, static_cast<std::uint64_t>(root.vcpus));
    add(hasher, root.memory.bytes());
    add(hasher, root.disk_size.bytes());
    add(hasher, root.way_in);
    add(hasher, root.engine);
    return hasher.finish();
}

base::Sha256Digest child_key(const base::Sha256Digest& parent, const StepInputs& inputs) {
    base::Hasher hasher;
    add(hasher, kFormat);
    add(hasher, parent.hex());
    for (const auto& input : inputs) {
        add(hasher, input.name);
        add(hasher, input.value);
    }
    return hasher.finish();
}

}  // namespace ingot::build
