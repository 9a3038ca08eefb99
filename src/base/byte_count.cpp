// SPDX-License-Identifier: Apache-2.0
#include "base/byte_count.h"

#include <array>

#include <fmt/format.h>

namespace ingot::base {

std::string to_string(ByteCount count) {
    constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(count.bytes());
    std::size_t unit = 0;
    while (value >= 1024.0 && unit + 1 < kUnits.size()) {
        value /= 1024.0;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", count.bytes())
                     : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace ingot::base
