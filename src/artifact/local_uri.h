// SPDX-License-Identifier: Apache-2.0
// Which URIs mean a file of this machine, and which file. Pure; whether the file may be read is the
// caller's decision.
#pragma once

#include "os/files.h"

#include <optional>
#include <string_view>

namespace ingot::artifact {

[[nodiscard]] bool is_http(std::string_view uri);

// The path of a file: URI on this host, percent escapes decoded, or of a plain path, relative ones
// from `base_folder`. Nothing for any other scheme or host, and for a path with a zero byte.
[[nodiscard]] std::optional<os::Path> local_path(std::string_view uri, const os::Path& base_folder);

}  // namespace ingot::artifact
