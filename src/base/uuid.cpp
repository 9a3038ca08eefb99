// SPDX-License-Identifier: Apache-2.0
#include "base/uuid.h"

#include <openssl/rand.h>

#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "base/error.h"

namespace ingot::base {

std::string new_uuid() {
    std::array<std::uint8_t, 16> b{};
    if (RAND_bytes(b.data(), static_cast<int>(b.size())) != 1) {
        throw Error(ErrorKind::Internal, "NoRandomness", "the system gave no random bytes");
    }
    // RFC 9562 section 5.4: version 4, variant 10.
    b[6] = static_cast<std::uint8_t>((b[6] & 0x0fU) | 0x40U);
    b[8] = static_cast<std::uint8_t>((b[8] & 0x3fU) | 0x80U);
    std::string text;
    for (std::size_t i = 0; i < b.size(); ++i) {
        text += fmt::format("{}{:02x}", (i == 4 || i == 6 || i == 8 || i == 10) ? "-" : "", b[i]);
    }
    return text;
}

}  // namespace ingot::base
