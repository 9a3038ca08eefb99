// SPDX-License-Identifier: Apache-2.0
// The hash behind the template function uniqueString().
#pragma once

#include <string>
#include <string_view>

namespace ingot::arm {

// Thirteen letters and digits. Azure's own algorithm as public reimplementations of it describe it
// (MurmurHash3 over two lanes of 32 bits, base 32); checked against values that Azure gave.
[[nodiscard]] std::string unique_string(std::string_view text);

}  // namespace ingot::arm
