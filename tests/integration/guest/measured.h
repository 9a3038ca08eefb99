// SPDX-License-Identifier: Apache-2.0
// Measurements are printed, not asserted: how fast the machine is is not a fact about the code.
#pragma once

#include <chrono>
#include <string>

#include <fmt/format.h>

namespace ingot::guest {

inline double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline void report(const std::string& what, const std::string& value) {
    fmt::print("[ MEASURED ] {}: {}\n", what, value);
}

}  // namespace ingot::guest
