// SPDX-License-Identifier: Apache-2.0
#include "disk/vhd.h"

#include "base/error.h"
#include "os/fd.h"

#include <chrono>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

using base::ByteCount;
using base::Cancellation;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

VhdIdentity some_identity() {
    using namespace std::chrono;
    return {.created = sys_days{year{2000} / January / 2},
            .unique_id = "00112233-4455-6677-8899-aabbccddeeff"};
}

// The values come from the specification's algorithm, worked out by hand.
TEST(VhdGeometry, FollowsTheSpecification) {
    EXPECT_EQ(vhd_geometry(ByteCount::mib(1)), (VhdGeometry{30, 4, 17}));
    EXPECT_EQ(vhd_geometry(ByteCount::mib(512)), (VhdGeometry{1040, 16, 63}));
    EXPECT_EQ(vhd_geometry(ByteCount::gib(4)), (VhdGeometry{8322, 16, 63}));
    EXPECT_EQ(vhd_geometry(ByteCount::gib(2000)), (VhdGeometry{65535, 16, 255}));
}

TEST(VhdFooter, HasEveryFieldWhereTheSpecificationWantsIt) {
    const auto bytes = make_vhd_footer(ByteCount::gib(4), some_identity());
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    EXPECT_EQ(text.substr(0, 8), "conectix");
    EXPECT_EQ(text.substr(16, 8), std::string(8, '\xFF'));
    EXPECT_EQ(text.substr(24, 4), std::string("\x00\x01\x51\x80", 4));  // 86400 s after 2000
    EXPECT_EQ(text.substr(48, 8), std::string("\x00\x00\x00\x01\x00\x00\x00\x00", 8));
    EXPECT_EQ(text.substr(60, 4), std::string("\x00\x00\x00\x02", 4));
    EXPECT_EQ(text.substr(68, 4), std::string("\x00\x11\x22\x33", 4));
    EXPECT_EQ(text.substr(84), std::string(428, '\0'));
}

TEST(VhdFooter, SurvivesAJourneyThroughBytes) {
    const auto footer = parse_vhd_footer(make_vhd_footer(ByteCount::gib(4), some_identity()));
    ASSERT_TRUE(footer);
    EXPECT_TRUE(footer->checksum_right);
    EXPECT_EQ(footer->current_size, ByteCount::gib(4));
    EXPECT_EQ(footer->original_size, ByteCount::gib(4));
    EXPECT_EQ(footer->created, some_identity().created);
    EXPECT_EQ(footer->geometry, vhd_geometry(ByteCount::gib(4)));
    EXPECT_EQ(footer->unique_id[15], 0xFF);
}

TEST(VhdFooter, IsNotFoundInOtherBytes) {
    EXPECT_FALSE(parse_vhd_footer(VhdFooterBytes{}));
    const auto bytes = make_vhd_footer(ByteCount::gib(4), some_identity());
    EXPECT_FALSE(parse_vhd_footer(std::span(bytes).first(511)));
}

TEST(VhdFooter, WantsAUuid) {
    EXPECT_THROW((void)make_vhd_footer(ByteCount::gib(1), {.created = {}, .unique_id = "nonsense"}),
                 base::Error);
}

class FixedVhd : public ::testing::Test {
  protected:
    os::Path make_raw(std::uint64_t size) {
        auto path = scratch_.path() / "raw";
        const auto fd = os::open_file(path, O_RDWR | O_CREAT);
        EXPECT_EQ(::ftruncate(fd.get(), static_cast<off_t>(size)), 0);
        EXPECT_EQ(::pwrite(fd.get(), "boot", 4, 0), 4);
        return path;
    }

    void overwrite(std::uint64_t from_end, char byte) {
        const auto fd = os::open_file(vhd_, O_RDWR);
        const auto at = static_cast<off_t>(os::file_length(vhd_).bytes() - from_end);
        EXPECT_EQ(::pwrite(fd.get(), &byte, 1, at), 1);
    }

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    os::Path vhd_ = scratch_.path() / "disk.vhd";
};

TEST_F(FixedVhd, IsPaddedToAMebibyteAndStaysSparse) {
    write_fixed_vhd(
        DiskView::of_raw(make_raw((64U << 20U) + 1)), vhd_, some_identity(), Cancellation());
    EXPECT_EQ(os::file_length(vhd_), ByteCount::mib(65) + ByteCount(512));
    EXPECT_LT(os::allocated_size(vhd_), ByteCount::mib(1));
    EXPECT_THAT(verify_fixed_vhd(vhd_), IsEmpty());
}

TEST_F(FixedVhd, DamageIsNamed) {
    write_fixed_vhd(DiskView::of_raw(make_raw(1U << 20U)), vhd_, some_identity(), Cancellation());
    overwrite(512 - 63, 3);  // the last byte of the disk type
    EXPECT_THAT(verify_fixed_vhd(vhd_), ElementsAre(HasSubstr("checksum"), HasSubstr("not fixed")));
    overwrite(512, 'x');
    EXPECT_THAT(verify_fixed_vhd(vhd_), ElementsAre(HasSubstr("does not end in a VHD footer")));
}

TEST_F(FixedVhd, ATruncatedFileIsNoVhd) {
    write_fixed_vhd(DiskView::of_raw(make_raw(1U << 20U)), vhd_, some_identity(), Cancellation());
    std::filesystem::resize_file(vhd_, 100);
    EXPECT_FALSE(read_vhd_footer(vhd_));
}

}  // namespace
}  // namespace ingot::disk
