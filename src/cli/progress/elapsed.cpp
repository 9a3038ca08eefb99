// SPDX-License-Identifier: Apache-2.0
#include "cli/progress/elapsed.h"

#include <fmt/format.h>

namespace ingot::cli {

std::string for_people(std::chrono::milliseconds duration) {
    const auto seconds = static_cast<double>(duration.count()) / 1000.0;
    if (seconds < 100.0) {
        return fmt::format("{:.1f}s", seconds);
    }
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    return fmt::format("{}m{:02}s", whole / 60, whole % 60);
}

}  // namespace ingot::cli
