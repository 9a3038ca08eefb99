// SPDX-License-Identifier: Apache-2.0
#include "disk/partition_table.h"

#include <cstdint>
#include <cstring>
#include <string>

#include <boost/crc.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::disk {
namespace {

using base::ByteCount;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr ByteCount kDisk = ByteCount::mib(64);
constexpr std::size_t kEntry = 128;
constexpr std::size_t kEntries = 1024;  // LBA 2

// Writes structures as sfdisk does; checksums by another implementation than ours.
class TableImage {
  public:
    TableImage() : bytes_(std::size_t{64} << 10U) {}

    void put(std::size_t at, std::uint64_t number, std::size_t size) {
        std::memcpy(&bytes_[at], &number, size);  // the tests run on little-endian machines
    }

    void put(std::size_t at, const std::string& text) {
        std::memcpy(&bytes_[at], text.data(), text.size());
    }

    void gpt_entry(std::size_t index, const std::string& type, std::uint64_t a, std::uint64_t b) {
        put(kEntries + index * kEntry, type);
        put(kEntries + index * kEntry + 32, a, 8);
        put(kEntries + index * kEntry + 40, b, 8);
    }

    void mbr_entry(std::size_t index, std::uint8_t type, std::uint32_t a, std::uint32_t count) {
        put(446 + 16 * index + 4, type, 1);
        put(446 + 16 * index + 8, a, 4);
        put(446 + 16 * index + 12, count, 4);
        put(510, 0xAA55, 2);
    }

    void finish_gpt(std::uint32_t entry_count = 128, std::uint32_t entry_size = kEntry) {
        put(512, "EFI PART");
        put(512 + 12, 92, 4);
        put(512 + 72, 2, 8);
        put(512 + 80, entry_count, 4);
        put(512 + 84, entry_size, 4);
        put(512 + 88, crc(kEntries, std::size_t{128} * kEntry), 4);
        put(512 + 16, 0, 4);
        put(512 + 16, crc(512, 92), 4);
    }

    [[nodiscard]] std::optional<PartitionTable> parse() const {
        return parse_partition_table(bytes_, kDisk);
    }

    [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

  private:
    [[nodiscard]] std::uint32_t crc(std::size_t at, std::size_t size) const {
        boost::crc_32_type crc;
        crc.process_bytes(&bytes_[at], size);
        return crc.checksum();
    }

    std::vector<std::byte> bytes_;
};

// As they stand on disk: UEFI's mixed byte order.
const std::string kLinux("\xAF\x3D\xC6\x0F\x83\x84\x72\x47\x8E\x79\x3D\x69\xD8\x47\x7D\xE4", 16);
const std::string kEfi("\x28\x73\x2A\xC1\x1F\xF8\xD2\x11\xBA\x4B\x00\xA0\xC9\x3E\xC9\x3B", 16);

TEST(PartitionTable, ReadsGpt) {
    TableImage image;
    image.gpt_entry(0, kLinux, 2048, 4095);
    image.gpt_entry(13, kEfi, 4096, 4096);
    image.mbr_entry(0, 0xEE, 1, 0xFFFFFFFF);
    image.finish_gpt();
    const auto table = image.parse();
    ASSERT_TRUE(table);
    EXPECT_EQ(table->scheme, PartitionScheme::Gpt);
    EXPECT_THAT(
        table->partitions,
        ElementsAre(
            Partition{1, PartitionType::LinuxFilesystem, ByteCount::mib(1), ByteCount::mib(1)},
            Partition{14, PartitionType::EfiSystem, ByteCount::mib(2), ByteCount(512)}));
}

TEST(PartitionTable, LeavesOutEntriesBeyondTheDisk) {
    TableImage image;
    const auto last = kDisk.bytes() / 512 - 1;
    image.gpt_entry(0, kLinux, 2048, last + 1);
    image.gpt_entry(1, kLinux, 5000, 4000);
    image.gpt_entry(2, kLinux, 0, ~std::uint64_t{0});
    image.gpt_entry(3, kLinux, ~std::uint64_t{0}, ~std::uint64_t{0});
    image.gpt_entry(4, kLinux, 2048, last);
    image.finish_gpt();
    const auto table = image.parse();
    ASSERT_TRUE(table);
    ASSERT_EQ(table->partitions.size(), 1U);
    EXPECT_EQ(table->partitions[0].number, 5U);
}

TEST(PartitionTable, DoesNotTrustABrokenGpt) {
    TableImage image;
    image.gpt_entry(0, kLinux, 2048, 4095);
    image.mbr_entry(0, 0xEE, 1, 0xFFFFFFFF);
    image.finish_gpt();
    image.put(kEntries + 33, 0xFF, 1);  // an entry changed, its checksum not
    EXPECT_FALSE(image.parse());
}

TEST(PartitionTable, RefusesEntriesThatDoNotFit) {
    for (const auto& [count, size] : {std::pair{0xFFFFFFFFU, 128U},
                                      std::pair{128U, 0xFFFFFFFFU},
                                      std::pair{128U, 0U},
                                      std::pair{600U, 128U}}) {
        TableImage image;
        image.finish_gpt(count, size);
        EXPECT_FALSE(image.parse()) << count << " entries of " << size;
    }
}

TEST(PartitionTable, ReadsMbr) {
    TableImage image;
    image.mbr_entry(0, 0x83, 2048, 2048);
    image.mbr_entry(2, 0x83, 4096, 0xFFFFFFFF);
    const auto table = image.parse();
    ASSERT_TRUE(table);
    EXPECT_EQ(table->scheme, PartitionScheme::Mbr);
    EXPECT_THAT(table->partitions,
                ElementsAre(Partition{
                    1, PartitionType::LinuxFilesystem, ByteCount::mib(1), ByteCount::mib(1)}));
}

TEST(PartitionTable, FindsNothingWhereNothingIs) {
    EXPECT_FALSE(TableImage().parse());
    EXPECT_FALSE(parse_partition_table({}, kDisk));
    TableImage image;
    image.mbr_entry(0, 0x83, 2048, 2048);
    EXPECT_FALSE(parse_partition_table(image.bytes().first(511), kDisk));
}

TEST(PartitionTable, AFileSystemsBootSectorIsNoTable) {
    TableImage image;
    image.mbr_entry(0, 0x83, 2048, 2048);
    image.put(446 + 16, 0x4E, 1);  // no status that a table knows
    EXPECT_FALSE(image.parse());
}

}  // namespace
}  // namespace ingot::disk
