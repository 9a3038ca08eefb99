// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648, padded, one line), for keys and credentials. Decoding is nobody's need here.
#pragma once

#include <string>
#include <string_view>

namespace ingot::guest {

[[nodiscard]] std::string to_base64(std::string_view bytes);

}  // namespace ingot::guest
