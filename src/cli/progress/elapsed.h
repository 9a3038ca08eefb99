// SPDX-License-Identifier: Apache-2.0
// Durations for people: 0.4s, 12.0s, 3m05s.
#pragma once

#include <chrono>
#include <string>

namespace ingot::cli {

[[nodiscard]] std::string for_people(std::chrono::milliseconds duration);

}  // namespace ingot::cli
