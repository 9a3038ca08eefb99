// SPDX-License-Identifier: Apache-2.0
#include "integration/artifact/chunk_store_world.h"

#include <gmock/gmock.h>

namespace ingot::artifact {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Damage : public ChunkStoreTest {
  protected:
    base::Sha256Digest digest_ = put({1, 2, 0, 3}).facts.digest;
    os::Path pack_ = files("packs", ".pack").at(0);
    os::Path index_ = files("packs", ".index").at(0);
    // What a raw copy of it repairs, if it is made before the damage.
    std::vector<DiskCopy> copies_ = {{digest_, make_raw("copy", {1, 2, 0, 3})}};

    void expect_repair_from_copies(std::uint64_t repaired) const {
        const auto repair = storage_.verify(copies_, scope_);
        EXPECT_EQ(repair.repaired, repaired);
        EXPECT_THAT(repair.damaged, IsEmpty());
        const auto again = storage_.verify({}, scope_);
        EXPECT_EQ(again.repaired, 0U);
        EXPECT_THAT(again.damaged, IsEmpty());
        EXPECT_THAT(again.problems, IsEmpty());
        expect_intact(digest_);
        EXPECT_TRUE(storage_.collect().done);
        expect_intact(digest_);
    }

    std::string refusal() const {
        try {
            (void)storage_.raw_file(storage_.hold(digest_), scope_);
        } catch (const base::Error& error) {
            EXPECT_EQ(error.kind(), base::ErrorKind::Corrupt);
            EXPECT_THAT(error.message(), HasSubstr(digest_.hex()));
            EXPECT_THAT(storage_.raw_files(), IsEmpty());
            return error.code();
        }
        return "accepted";
    }
};

TEST_F(Damage, OfABitIsSeenBeforeUseAndRepaired) {
    flip_bit(pack_, static_cast<off_t>(kChunk + 17));
    EXPECT_EQ(refusal(), "ChunkCorrupt");
    const auto check = storage_.verify({}, scope_);
    ASSERT_THAT(check.damaged, SizeIs(1));
    EXPECT_EQ(check.chunks, 3U);
    EXPECT_EQ(check.damaged[0].disk, digest_);
    expect_repair_from_copies(1);
}

TEST_F(Damage, OfAPackThatWasCutShortIsSeenWithoutReading) {
    ASSERT_EQ(::chmod(pack_.c_str(), 0644), 0);
    ASSERT_EQ(::truncate(pack_.c_str(), static_cast<off_t>(kChunk * 3 / 2)), 0);
    EXPECT_THROW((void)storage_.hold(digest_).view(), base::Error);
    EXPECT_EQ(refusal(), "ChunkCorrupt");
    EXPECT_THAT(storage_.verify({}, scope_).damaged, SizeIs(2));
    expect_repair_from_copies(2);
}

TEST_F(Damage, OfAPackThatIsGone) {
    std::filesystem::remove(pack_);
    EXPECT_EQ(refusal(), "ChunkCorrupt");
    EXPECT_THAT(storage_.verify({}, scope_).damaged, SizeIs(3));
    expect_repair_from_copies(3);
}

TEST_F(Damage, OfAnIndexIsRepairedFromTheData) {
    flip_bit(index_, 40);
    EXPECT_EQ(refusal(), "ChunkCorrupt");
    const auto repair = storage_.verify({}, scope_);
    EXPECT_EQ(repair.repaired, 3U);
    EXPECT_THAT(repair.problems, SizeIs(1));
    copies_.clear();
    expect_repair_from_copies(0);
}

TEST_F(Damage, OfTheListIsRepairedFromACopy) {
    const auto list = at("disks") / digest_.hex();
    flip_bit(list, 60);
    EXPECT_EQ(refusal(), "StoreCorrupt");
    EXPECT_THAT(storage_.verify({}, scope_).problems, SizeIs(1));
    EXPECT_FALSE(storage_.collect().done) << "nobody knows what the disk needs";
    EXPECT_EQ(packed_bytes(), 3 * kChunk);
    expect_repair_from_copies(1);
}

TEST_F(Damage, IsRepairedByRawFilesOfOurOwn) {
    static_cast<void>(storage_.raw_file(storage_.hold(digest_), scope_));
    flip_bit(pack_, 5);
    copies_.clear();
    expect_repair_from_copies(1);
}

TEST_F(Damage, IsNotRepairedByACopyThatHoldsSomethingElse) {
    flip_bit(pack_, 5);
    static_cast<void>(make_raw("copy", {4, 5, 0, 6}));
    EXPECT_THAT(storage_.verify(copies_, scope_).damaged, SizeIs(1));
    EXPECT_EQ(refusal(), "ChunkCorrupt");
}

TEST_F(Damage, IsCuredByStoringTheDiskAgainWhenThePackIsGone) {
    std::filesystem::remove(pack_);
    EXPECT_EQ(put({1, 2, 0, 3}).facts.digest, digest_);
    expect_intact(digest_);
}

TEST_F(Damage, IsCuredByStoringTheDiskAgainWhenThePackIsShort) {
    ASSERT_EQ(::chmod(pack_.c_str(), 0644), 0);
    ASSERT_EQ(::truncate(pack_.c_str(), static_cast<off_t>(kChunk)), 0);
    EXPECT_EQ(put({1, 2, 0, 3}).facts.digest, digest_);
    expect_intact(digest_);
}

TEST_F(Damage, OfADiskOfAnOlderIngotIsNamed) {
    const auto digest = base::sha256("another");
    const auto folder = at("blobs/sha256") / digest.hex().substr(0, 2);
    os::make_folders(folder);
    os::replace_file(folder / digest.hex(), "not what its name says");
    const auto check = storage_.verify({}, scope_);
    ASSERT_THAT(check.problems, SizeIs(1));
    EXPECT_THAT(check.problems[0], HasSubstr(digest.hex()));
}

}  // namespace
}  // namespace ingot::artifact
