// SPDX-License-Identifier: Apache-2.0
// The partitions of a raw disk with 512-byte sectors: GPT, or the four primary entries of an MBR.
// The disk is hostile input: what is damaged or out of bounds is no partition, never a crash.
// Repairing and writing tables is not done here.
#pragma once

#include "base/byte_count.h"
#include "os/files.h"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace ingot::disk {

enum class PartitionType { LinuxFilesystem, LinuxRoot, LinuxBoot, EfiSystem, BiosBoot, Other };
enum class PartitionScheme { Gpt, Mbr };

struct Partition {
    unsigned number = 0;  // as in sda1
    PartitionType type = PartitionType::Other;
    base::ByteCount start;
    base::ByteCount size;

    auto operator<=>(const Partition&) const = default;
};

struct PartitionTable {
    PartitionScheme scheme = PartitionScheme::Gpt;
    std::vector<Partition> partitions{};  // in the order of their numbers, all inside the disk
};

// `head` is the start of the disk; a table that does not lie in it is not found. Nothing if there
// is no sound table.
[[nodiscard]] std::optional<PartitionTable> parse_partition_table(std::span<const std::byte> head,
                                                                  base::ByteCount disk_size);

[[nodiscard]] std::optional<PartitionTable> read_partition_table(const os::Path& raw);

}  // namespace ingot::disk
