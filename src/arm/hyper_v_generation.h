// SPDX-License-Identifier: Apache-2.0
// The generation of an image as Azure names it: V1 boots by BIOS, V2 by UEFI. An output always has
// the generation of its source.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ingot::arm {

enum class HyperVGeneration { V1, V2 };

[[nodiscard]] inline std::string to_string(HyperVGeneration generation) {
    return generation == HyperVGeneration::V1 ? "V1" : "V2";
}

[[nodiscard]] inline std::optional<HyperVGeneration> hyper_v_generation_from(
    std::string_view text) {
    if (text == "V1") {
        return HyperVGeneration::V1;
    }
    return text == "V2" ? std::optional(HyperVGeneration::V2) : std::nullopt;
}

}  // namespace ingot::arm
