// SPDX-License-Identifier: Apache-2.0
// What changed between two texts, by lines, for a person. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ingot::cli {

// The lines that only one of them has, in the order of the texts, each after "- " or "+ "; a
// longest common subsequence stays out. At most 40 lines, then "… and N more".
[[nodiscard]] std::vector<std::string> line_difference(std::string_view before,
                                                       std::string_view after);

}  // namespace ingot::cli
