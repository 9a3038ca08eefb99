// SPDX-License-Identifier: Apache-2.0
// Carries out a Renew: what a machine restored from memory must not share with its twins.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ingot::guest::agent {

struct Renewal {
    std::int64_t seconds = 0;  // CLOCK_REALTIME
    std::uint32_t nanoseconds = 0;
    std::string_view entropy;  // secret; all of it counts as entropy
};

// What went wrong, empty if nothing did.
[[nodiscard]] std::string renew(const Renewal& renewal);

}  // namespace ingot::guest::agent
