// SPDX-License-Identifier: Apache-2.0
// One header of an rpm database: the blob in which rpm keeps what it knows of an installed package
// (rpm's "Package header" format, without lead and magic). Pure. The blob is hostile input: nothing
// outside it is read, whatever it says.
#pragma once

#include "gallery/difference/packages.h"

#include <optional>
#include <string_view>

namespace ingot::gallery {

// Name, [epoch:]version-release and architecture. Nothing if the blob is no header or names no
// package.
[[nodiscard]] std::optional<Package> parse_rpm_header(std::string_view blob);

}  // namespace ingot::gallery
