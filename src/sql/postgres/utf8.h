// SPDX-License-Identifier: Apache-2.0
// The text that a PostgreSQL server takes: UTF-8 without NUL. Guests print what they like, and the
// record of a failure must not be lost for a byte in it.
#pragma once

#include <string>

namespace ingot::sql {

// Each byte that does not belong becomes U+FFFD.
[[nodiscard]] std::string as_utf8(std::string text);

}  // namespace ingot::sql
