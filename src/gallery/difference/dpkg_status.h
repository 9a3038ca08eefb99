// SPDX-License-Identifier: Apache-2.0
// The list of packages in dpkg's status file (deb822 paragraphs, see dpkg-query(1) and deb822(5)).
// Pure. The file comes out of an image: what is not a paragraph of a package is passed over.
#pragma once

#include "gallery/difference/packages.h"

#include <string_view>
#include <vector>

namespace ingot::gallery {

// Those whose files are there: every state but not-installed and config-files.
[[nodiscard]] std::vector<Package> parse_dpkg_status(std::string_view text);

}  // namespace ingot::gallery
