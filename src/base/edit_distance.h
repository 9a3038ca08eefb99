// SPDX-License-Identifier: Apache-2.0
// How far two words are apart, for "did you mean". What counts as near is the caller's to say.
#pragma once

#include <cstddef>
#include <string_view>

namespace ingot::base {

// Levenshtein's: the insertions, removals and replacements of bytes from one word to the other.
[[nodiscard]] std::size_t edit_distance(std::string_view from, std::string_view to);

}  // namespace ingot::base
