// SPDX-License-Identifier: Apache-2.0
// Checksums of a sparse file, block by block, and copies that make or prove them: so that a layer
// of the cache whose bytes have changed is noticed before it is used. They guard against accidents
// (XXH3, 64 bits), not against somebody who may write the file; what an image is named by is
// disk_digest.h. Work is spread over all cores.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::disk {

constexpr base::ByteCount kCheckedBlock = base::ByteCount::mib(1);

struct BlockCheck {
    std::uint64_t index = 0;  // starts at index * kCheckedBlock
    std::uint64_t hash = 0;   // XXH3_64bits of the block, the file's last one being short

    auto operator<=>(const BlockCheck&) const = default;
};

struct FileChecks {
    base::ByteCount length;
    std::vector<BlockCheck> blocks{};  // rising; a block that is all zero is not among them

    auto operator<=>(const FileChecks&) const = default;
};

// Nobody may write the files meanwhile, except copy_checked's target. All throw SystemError and
// Cancelled. Descriptors are used at explicit offsets; `to` must have been made, empty.

[[nodiscard]] FileChecks checks_of(int file, const base::Cancellation& cancellation);

// Copies what is not zero, in pieces of 64 KiB, and gives `to` the same length.
[[nodiscard]] FileChecks copy_checked(int from, int to, const base::Cancellation& cancellation);

// Throws Error{Corrupt, "FileDamaged"} if the bytes are not those that were checked.
void verify(int file, const FileChecks& checks, const base::Cancellation& cancellation);

// The same while copying; what was copied until then is for the caller to drop.
void copy_verified(int from,
                   int to,
                   const FileChecks& checks,
                   const base::Cancellation& cancellation);

// Text for a file beside the one it is about. Throws Error{Corrupt, "FileDamaged"}.
[[nodiscard]] std::string to_text(const FileChecks& checks);
[[nodiscard]] FileChecks file_checks_from(std::string_view text);

}  // namespace ingot::disk
