// SPDX-License-Identifier: Apache-2.0
// A checksum that somebody promised for a file, and the refusal of bytes that break the promise.
#pragma once

#include "base/digest.h"

#include <optional>
#include <string>
#include <string_view>

namespace ingot::artifact {

struct Checksum {
    base::HashAlgorithm algorithm = base::HashAlgorithm::Sha256;
    std::string hex;  // lower case

    // SHA-256 or SHA-512, told by its length; either case.
    [[nodiscard]] static std::optional<Checksum> parse(std::string_view hex);

    bool operator==(const Checksum&) const = default;
};

// Throws Error{InvalidArgument, "ChecksumMismatch"} with both digests; `what` is shown to people.
void require_match(const Checksum& expected,
                   const std::string& actual_hex,
                   const std::string& what);

}  // namespace ingot::artifact
