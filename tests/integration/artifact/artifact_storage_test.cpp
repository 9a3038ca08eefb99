// SPDX-License-Identifier: Apache-2.0
#include "artifact/artifact_storage.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace ingot::artifact {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Storage : public ::testing::Test {
  protected:
    [[nodiscard]] StoredDisk put_held(const std::string& contents) const {
        const auto staging = storage_.make_staging("run-of-put");
        os::replace_file(staging.path() / "disk.raw", contents);
        return storage_.put_disk(disk::DiskView::of_raw(staging.path() / "disk.raw"), {}, scope_);
    }

    [[nodiscard]] base::Sha256Digest put(const std::string& contents) const {
        return put_held(contents).facts.digest;
    }

    // As an Ingot that knew no chunks stored it.
    [[nodiscard]] base::Sha256Digest put_blob(const std::string& contents) const {
        os::replace_file(scratch_.path() / "blob", contents);
        const auto digest = disk::measure_disk(scratch_.path() / "blob", scope_).digest;
        const auto folder = at("blobs/sha256") / digest.hex().substr(0, 2);
        os::make_folders(folder);
        os::replace_file(folder / digest.hex(), contents);
        return digest;
    }

    [[nodiscard]] os::Path at(const std::string& name) const {
        return scratch_.path() / "store" / name;
    }

    [[nodiscard]] std::string contents_of(const base::Sha256Digest& digest) const {
        return os::read_file(storage_.raw_file(storage_.hold(digest), scope_).path());
    }

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    ArtifactStorage storage_ = ArtifactStorage(scratch_.path() / "store");
    base::Cancellation scope_;
};

TEST_F(Storage, KeepsADiskUnderItsDigest) {
    const auto digest = put("a disk");
    EXPECT_THAT(storage_.list(), ElementsAre(digest));
    EXPECT_EQ(contents_of(digest), "a disk");
    EXPECT_TRUE(std::filesystem::exists(at("disks") / digest.hex()));
    const auto raw = storage_.raw_file(storage_.hold(digest), scope_);
    EXPECT_EQ(std::filesystem::status(raw.path()).permissions(), std::filesystem::perms(0444));
}

TEST_F(Storage, PuttingTheSameDiskTwiceStoresNothing) {
    EXPECT_EQ(put_held("a disk").new_bytes.bytes(), 6U);
    EXPECT_EQ(put_held("a disk").new_bytes.bytes(), 0U);
    EXPECT_THAT(storage_.list(), SizeIs(1));
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
    EXPECT_EQ(contents_of(kept), "one");
}

TEST_F(Storage, DoesNotEraseWhatIsHeld) {
    const auto digest = put("a disk");
    const auto unused = [] { return false; };
    {
        const auto held = storage_.hold(digest);
        EXPECT_FALSE(storage_.erase_unused(digest, unused));
        EXPECT_EQ(held.view().size().bytes(), 6U);
    }
    EXPECT_TRUE(storage_.erase_unused(digest, unused));
}

// What build/ relies on: from the moment a disk has its name until its image is listed no sweep
// takes it, whichever of two runs stored it.
TEST_F(Storage, AStoredDiskIsHeldAtOnce) {
    base::Sha256Digest digest;
    for (const auto* name : {"first", "second"}) {
        const auto stored = put_held("a disk");
        digest = stored.facts.digest;
        EXPECT_FALSE(storage_.erase_unused(digest, [] { return false; })) << name;
    }
    EXPECT_TRUE(storage_.erase_unused(digest, [] { return false; }));
    EXPECT_FALSE(storage_.has(digest));
}

TEST_F(Storage, OpensAgainWithWhatItHad) {
    const auto digest = put("a disk");
    EXPECT_TRUE(ArtifactStorage(scratch_.path() / "store").has(digest));
}

TEST_F(Storage, ReadsAndErasesDisksOfAnOlderIngot) {
    const auto digest = put_blob("an old disk");
    EXPECT_THAT(storage_.list(), ElementsAre(digest));
    EXPECT_EQ(contents_of(digest), "an old disk");
    EXPECT_THAT(storage_.raw_files(), IsEmpty()) << "it is a raw file as it stands";
    {
        const auto held = storage_.hold(digest);
        EXPECT_EQ(held.chunks(), nullptr);
        EXPECT_EQ(held.view().segments().size(), 1U);
        EXPECT_FALSE(storage_.erase_unused(digest, [] { return false; }));
    }
    EXPECT_THAT(storage_.verify({}, scope_).problems, IsEmpty());
    EXPECT_TRUE(storage_.erase_unused(digest, [] { return false; }));
    EXPECT_THAT(storage_.list(), IsEmpty());
}

TEST_F(Storage, RawFilesAreACacheThatStaysWhileUsed) {
    const auto digest = put("a disk");
    {
        const auto raw = storage_.raw_file(storage_.hold(digest), scope_);
        EXPECT_THAT(storage_.raw_files(), SizeIs(1));
        EXPECT_FALSE(storage_.erase_raw_file(digest));
        EXPECT_EQ(storage_.raw_file(storage_.hold(digest), scope_).path(), raw.path());
    }
    EXPECT_TRUE(storage_.erase_raw_file(digest));
    EXPECT_THAT(storage_.raw_files(), IsEmpty());
    EXPECT_EQ(contents_of(digest), "a disk");
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
