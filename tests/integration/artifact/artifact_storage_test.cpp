// SPDX-License-Identifier: Apache-2.0
#include "artifact/artifact_storage.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace ingot::artifact {
namespace {

using ::testing::ElementsAre;

class Storage : public ::testing::Test {
  protected:
    base::Sha256Digest put(const std::string& contents) {
        const auto staging = storage_.make_staging("run-of-put");
        const auto staged = staging.path() / "disk.raw";
        os::replace_file(staged, contents);
        const auto digest = base::sha256(contents);
        (void)storage_.put_disk(staged, digest);
        EXPECT_FALSE(std::filesystem::exists(staged));
        return digest;
    }

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    ArtifactStorage storage_ = ArtifactStorage(scratch_.path() / "store");
};

TEST_F(Storage, KeepsADiskUnderItsDigest) {
    const auto digest = put("a disk");
    EXPECT_THAT(storage_.list(), ElementsAre(digest));
    const auto path = storage_.hold(digest).path();
    EXPECT_EQ(os::read_file(path), "a disk");
    EXPECT_EQ(path,
              scratch_.path() / "store/blobs/sha256" / digest.hex().substr(0, 2) / digest.hex());
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0444));
}

TEST_F(Storage, PuttingTheSameDiskTwiceKeepsTheFirst) {
    const auto digest = put("a disk");

    struct stat before {};

    ASSERT_EQ(::stat(storage_.hold(digest).path().c_str(), &before), 0);
    EXPECT_EQ(put("a disk"), digest);

    struct stat after {};

    ASSERT_EQ(::stat(storage_.hold(digest).path().c_str(), &after), 0);
    EXPECT_EQ(before.st_ino, after.st_ino);
    EXPECT_EQ(storage_.list().size(), 1U);
}

TEST_F(Storage, SaysWhatItDoesNotHave) {
    const auto digest = base::sha256("nothing");
    EXPECT_FALSE(storage_.has(digest));
    EXPECT_TRUE(storage_.erase_unused(digest, [] { return true; }));
    try {
        (void)storage_.hold(digest);
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), "DiskNotFound");
        EXPECT_EQ(error.kind(), base::ErrorKind::NotFound);
    }
}

TEST_F(Storage, ErasesForGood) {
    const auto kept = put("one");
    const auto gone = put("two");
    EXPECT_TRUE(storage_.erase_unused(gone, [] { return false; }));
    EXPECT_FALSE(storage_.erase_unused(kept, [] { return true; }));
    EXPECT_THAT(storage_.list(), ElementsAre(kept));
}

TEST_F(Storage, DoesNotEraseWhatIsHeld) {
    const auto digest = put("a disk");
    const auto unused = [] { return false; };
    {
        const auto held = storage_.hold(digest);
        EXPECT_FALSE(storage_.erase_unused(digest, unused));
        EXPECT_EQ(os::read_file(held.path()), "a disk");
    }
    EXPECT_TRUE(storage_.erase_unused(digest, unused));
}

// What build/ relies on: from the moment a disk has its name until its image is listed no sweep
// takes it, whichever of two runs stored it.
TEST_F(Storage, AStoredDiskIsHeldAtOnce) {
    const auto staging = storage_.make_staging("run");
    const auto digest = base::sha256("a disk");
    for (const auto* name : {"first", "second"}) {
        os::replace_file(staging.path() / name, "a disk");
        const auto held = storage_.put_disk(staging.path() / name, digest);
        EXPECT_FALSE(storage_.erase_unused(digest, [] { return false; })) << name;
    }
    EXPECT_TRUE(storage_.erase_unused(digest, [] { return false; }));
    EXPECT_FALSE(storage_.has(digest));
}

TEST_F(Storage, OpensAgainWithWhatItHad) {
    const auto digest = put("a disk");
    EXPECT_TRUE(ArtifactStorage(scratch_.path() / "store").has(digest));
}

TEST_F(Storage, StagingBelongsToOneRun) {
    const auto staging = storage_.make_staging("run-1");
    EXPECT_THROW((void)storage_.make_staging("run-1"), base::SystemError);
    for (const auto* bad : {"", "..", "a/b", ".hidden"}) {
        EXPECT_THROW((void)storage_.make_staging(bad), base::Error) << bad;
    }
}

TEST_F(Storage, SweepsOnlyTheRunsThatAreOver) {
    storage_.make_staging("over").keep();
    storage_.make_staging("alive").keep();
    storage_.sweep_staging([](const std::string& run) { return run == "over"; });
    EXPECT_NO_THROW((void)storage_.make_staging("over"));
    EXPECT_THROW((void)storage_.make_staging("alive"), base::SystemError);
}

}  // namespace
}  // namespace ingot::artifact
