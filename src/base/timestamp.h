// SPDX-License-Identifier: Apache-2.0
// Wall-clock instants as text. Code that depends on the time takes a Timestamp as a parameter, so
// tests need no clock of their own.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ingot::base {

using Timestamp = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

[[nodiscard]] Timestamp now();

// RFC 3339 in UTC with milliseconds: 2026-11-20T09:17:31.187Z.
[[nodiscard]] std::string to_rfc3339(Timestamp time);
[[nodiscard]] std::optional<Timestamp> from_rfc3339(std::string_view text);

// yyyymmddhhmmss in UTC, as the service puts it into blob names.
[[nodiscard]] std::string to_compact(Timestamp time);

}  // namespace ingot::base
