// SPDX-License-Identifier: Apache-2.0
#include "disk/partition_table.h"

#include "base/error.h"
#include "disk/byte_order.h"
#include "os/fd.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

constexpr std::uint64_t kSector = 512;

// The CRC-32 of IEEE 802.3, as GPT uses it (UEFI specification 2.10, 5.3.2).
std::uint32_t crc32(std::span<const std::byte> bytes) {
    std::uint32_t crc = ~std::uint32_t{0};
    for (const auto byte : bytes) {
        crc ^= std::to_integer<std::uint32_t>(byte);
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1U) ^ (0xEDB88320U & (0U - (crc & 1U)));
        }
    }
    return ~crc;
}

// The first three groups of a GUID are little-endian on disk.
std::string guid_at(std::span<const std::byte> bytes, std::size_t at) {
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                       read_little_endian<std::uint32_t>(bytes, at),
                       read_little_endian<std::uint16_t>(bytes, at + 4),
                       read_little_endian<std::uint16_t>(bytes, at + 6),
                       read_big_endian<std::uint16_t>(bytes, at + 8),
                       read_big_endian<std::uint64_t>(bytes, at + 8) & 0xFFFF'FFFF'FFFFU);
}

// UEFI specification 5.3.3 and the Discoverable Partitions Specification (root for x86-64).
PartitionType gpt_type(std::string_view guid) {
    constexpr std::array<std::pair<std::string_view, PartitionType>, 5> kTypes = {{
        {"0fc63daf-8483-4772-8e79-3d69d8477de4", PartitionType::LinuxFilesystem},
        {"4f68bce3-e8cd-4db1-96e7-fbcaf984b709", PartitionType::LinuxRoot},
        {"bc13c2ff-59e6-4262-a352-b275fd6f7172", PartitionType::LinuxBoot},
        {"c12a7328-f81f-11d2-ba4b-00a0c93ec93b", PartitionType::EfiSystem},
        {"21686148-6449-6e6f-744e-656564454649", PartitionType::BiosBoot},
    }};
    for (const auto& [known, type] : kTypes) {
        if (guid == known) {
            return type;
        }
    }
    return PartitionType::Other;
}

PartitionType mbr_type(std::uint8_t type) {
    switch (type) {
        case 0x83:
            return PartitionType::LinuxFilesystem;
        case 0xEA:
            return PartitionType::LinuxBoot;
        case 0xEF:
            return PartitionType::EfiSystem;
        default:
            return PartitionType::Other;
    }
}

// A partition of `count` sectors from `first`, if it lies inside the disk and holds something.
std::optional<Partition> partition_inside(std::uint64_t first,
                                          std::uint64_t count,
                                          base::ByteCount disk_size) {
    const auto sectors = disk_size.bytes() / kSector;
    if (first == 0 || count == 0 || first >= sectors || count > sectors - first) {
        return std::nullopt;
    }
    return Partition{.start = base::ByteCount(first * kSector),
                     .size = base::ByteCount(count * kSector)};
}

// The array of GPT entries, if the header is sound and the array lies in `head`.
struct GptEntries {
    std::span<const std::byte> bytes;
    std::size_t entry_size;
};

std::optional<GptEntries> sound_gpt_entries(std::span<const std::byte> head) {
    if (head.size() < 2 * kSector || std::memcmp(&head[kSector], "EFI PART", 8) != 0) {
        return std::nullopt;
    }
    std::array<std::byte, kSector> header{};
    std::memcpy(header.data(), &head[kSector], header.size());
    const auto header_size = read_little_endian<std::uint32_t>(header, 12);
    const auto header_crc = read_little_endian<std::uint32_t>(header, 16);
    const auto entries_lba = read_little_endian<std::uint64_t>(header, 72);
    const std::uint64_t entry_count = read_little_endian<std::uint32_t>(header, 80);
    const std::uint64_t entry_size = read_little_endian<std::uint32_t>(header, 84);
    const auto entries_crc = read_little_endian<std::uint32_t>(header, 88);
    std::memset(&header[16], 0, sizeof header_crc);  // its own field counts as zero
    if (header_size < 92 || header_size > header.size() ||
        crc32(std::span(header).first(header_size)) != header_crc) {
        return std::nullopt;
    }
    constexpr std::uint64_t kMostEntries = 4096;
    if (entry_size < 128 || entry_size > 4096 || entry_count > kMostEntries ||
        entries_lba >= head.size() / kSector ||
        entry_count * entry_size > head.size() - entries_lba * kSector) {
        return std::nullopt;
    }
    const auto entries = head.subspan(entries_lba * kSector, entry_count * entry_size);
    if (crc32(entries) != entries_crc) {
        return std::nullopt;
    }
    return GptEntries{entries, entry_size};
}

std::optional<PartitionTable> parse_gpt(std::span<const std::byte> head,
                                        base::ByteCount disk_size) {
    const auto entries = sound_gpt_entries(head);
    if (!entries) {
        return std::nullopt;
    }
    PartitionTable table{.scheme = PartitionScheme::Gpt};
    for (std::size_t i = 0; i < entries->bytes.size() / entries->entry_size; ++i) {
        const auto entry = entries->bytes.subspan(i * entries->entry_size, entries->entry_size);
        const auto first = read_little_endian<std::uint64_t>(entry, 32);
        const auto last = read_little_endian<std::uint64_t>(entry, 40);
        if (last < first) {
            continue;
        }
        if (auto partition = partition_inside(first, last - first + 1, disk_size)) {
            partition->number = static_cast<unsigned>(i + 1);
            partition->type = gpt_type(guid_at(entry, 0));
            table.partitions.push_back(*partition);
        }
    }
    return table;
}

std::optional<PartitionTable> parse_mbr(std::span<const std::byte> head,
                                        base::ByteCount disk_size) {
    constexpr std::size_t kEntries = 446;
    constexpr std::uint8_t kProtective = 0xEE;  // a GPT disk, whose GPT was found unsound
    if (head.size() < kSector || read_big_endian<std::uint16_t>(head, 510) != 0x55AA) {
        return std::nullopt;
    }
    PartitionTable table{.scheme = PartitionScheme::Mbr};
    for (unsigned i = 0; i < 4; ++i) {
        const auto entry = head.subspan(kEntries + std::size_t{16} * i, 16);
        const auto status = std::to_integer<std::uint8_t>(entry[0]);
        const auto type = std::to_integer<std::uint8_t>(entry[4]);
        // Any other status: the boot sector of a file system, not a table.
        if ((status != 0 && status != 0x80) || type == kProtective) {
            return std::nullopt;
        }
        if (auto partition = partition_inside(read_little_endian<std::uint32_t>(entry, 8),
                                              read_little_endian<std::uint32_t>(entry, 12),
                                              disk_size);
            partition && type != 0) {
            partition->number = i + 1;
            partition->type = mbr_type(type);
            table.partitions.push_back(*partition);
        }
    }
    return table;
}

}  // namespace

std::optional<PartitionTable> parse_partition_table(std::span<const std::byte> head,
                                                    base::ByteCount disk_size) {
    if (auto gpt = parse_gpt(head, disk_size)) {
        return gpt;
    }
    return parse_mbr(head, disk_size);
}

std::optional<PartitionTable> read_partition_table(const os::Path& raw) {
    // Where every tool puts the entries: right behind the header; 1 MiB is the usual alignment.
    std::vector<std::byte> head(base::ByteCount::mib(1).bytes());
    const auto fd = os::open_file(raw, O_RDONLY);
    const auto got = ::pread(fd.get(), head.data(), head.size(), 0);
    if (got < 0) {
        throw base::SystemError(errno, "reading " + raw.string());
    }
    head.resize(static_cast<std::size_t>(got));
    return parse_partition_table(head, os::file_length(raw));
}

}  // namespace ingot::disk
