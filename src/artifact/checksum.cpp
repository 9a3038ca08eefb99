// SPDX-License-Identifier: Apache-2.0
#include "artifact/checksum.h"

#include "base/ascii.h"
#include "base/error.h"

#include <fmt/format.h>

namespace ingot::artifact {

std::optional<Checksum> Checksum::parse(std::string_view hex) {
    constexpr std::size_t kSha256Digits = 64;
    constexpr std::size_t kSha512Digits = 128;
    if ((hex.size() != kSha256Digits && hex.size() != kSha512Digits) ||
        hex.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
        return std::nullopt;
    }
    return Checksum{.algorithm = hex.size() == kSha256Digits ? base::HashAlgorithm::Sha256
                                                             : base::HashAlgorithm::Sha512,
                    .hex = base::to_lower(hex)};
}

void require_match(const Checksum& expected,
                   const std::string& actual_hex,
                   const std::string& what) {
    if (expected.hex != actual_hex) {
        throw base::Error(base::ErrorKind::InvalidArgument,
                          "ChecksumMismatch",
                          fmt::format("{} has the checksum {}, but {} was asked for; either the "
                                      "file has changed or the checksum is wrong",
                                      what,
                                      actual_hex,
                                      expected.hex),
                          what);
    }
}

}  // namespace ingot::artifact
