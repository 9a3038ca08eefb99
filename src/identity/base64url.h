// SPDX-License-Identifier: Apache-2.0
// Base64url without padding (RFC 4648 section 5, RFC 7515 section 2), strictly: of all the texts
// that could stand for some bytes, one is accepted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ingot::identity {

[[nodiscard]] std::string to_base64url(std::string_view bytes);

// Nothing for padding, white space, letters of the other alphabet, an impossible length, or unused
// bits that are not zero.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace ingot::identity
