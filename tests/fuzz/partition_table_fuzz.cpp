// SPDX-License-Identifier: Apache-2.0
#include "disk/partition_table.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

// Whatever the bytes, no partition may reach beyond the disk: its bounds are trusted afterwards.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr auto kDisk = ingot::base::ByteCount::mib(64);
    const auto head = std::as_bytes(std::span(data, size));
    if (const auto table = ingot::disk::parse_partition_table(head, kDisk)) {
        for (const auto& partition : table->partitions) {
            if (partition.start + partition.size > kDisk) {
                std::abort();
            }
        }
    }
    return 0;
}
