// SPDX-License-Identifier: Apache-2.0
// A time in the .NET format strings that utcNow() takes, as far as they are numbers: yyyy yy MM dd
// HH mm ss fff, anything that is no letter, T, Z and 'quoted text', and the standard formats d, s
// and u.
#pragma once

#include "base/timestamp.h"

#include <optional>
#include <string>
#include <string_view>

namespace ingot::arm {

// Nothing if the format asks for anything else (names of months, time zones).
[[nodiscard]] std::optional<std::string> format_utc(base::Timestamp time, std::string_view format);

}  // namespace ingot::arm
