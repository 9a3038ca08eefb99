// SPDX-License-Identifier: Apache-2.0
#include "integration/artifact/chunk_store_world.h"

#include <chrono>
#include <csignal>
#include <map>
#include <thread>

#include <gmock/gmock.h>
#include <sys/wait.h>

namespace ingot::artifact {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using ChunkStoreFiles = ChunkStoreTest;

TEST_F(ChunkStoreFiles, EveryChunkIsThereOnce) {
    const auto first = put({1, 2, 0, 1, 3});
    EXPECT_EQ(first.new_bytes.bytes(), 3 * kChunk);
    const auto second = put({3, 4, 0, 2, 1, 1});
    EXPECT_EQ(second.new_bytes.bytes(), kChunk);
    EXPECT_EQ(packed_bytes(), 4 * kChunk);
    expect_intact(first.facts.digest);
    expect_intact(second.facts.digest);
}

TEST_F(ChunkStoreFiles, AVersionThatDiffersLittleStoresLittle) {
    std::vector<int> seeds(200);
    for (std::size_t i = 0; i < seeds.size(); ++i) {
        seeds[i] = static_cast<int>(i % 7 == 0 ? 0 : 1000 + i);
    }
    const auto before = put(seeds);
    seeds[100] = 5;
    seeds[151] = 6;
    const auto after = put(seeds);
    EXPECT_LE(after.new_bytes.bytes() * 100, after.facts.data_size.bytes() * 3);
    expect_intact(before.facts.digest);
    expect_intact(after.facts.digest);
}

TEST_F(ChunkStoreFiles, ABaseIsLinkedAndNotRead) {
    const auto raw = make_raw("base", {1, 0, 2, 3});
    auto base = known(raw);
    const auto overlay = make_raw("overlay", {9});
    const disk::DiskView disk(
        base::ByteCount(4 * kChunk),
        {disk::open_viewed(raw), disk::open_viewed(overlay)},
        {{0, kChunk, 0, 0}, {kChunk, kChunk, 1, 0}, {2 * kChunk, 2 * kChunk, 0, 2 * kChunk}},
        {{0, kChunk}, {2 * kChunk, 4 * kChunk}});
    const auto stored = storage_.put_disk(disk, base, scope_);
    EXPECT_EQ(stored.new_bytes.bytes(), kChunk);
    EXPECT_EQ(std::filesystem::hard_link_count(raw), 2U);
    EXPECT_EQ(stored.held.view().segments().size(), 3U);
    expect_intact(stored.facts.digest);

    // What the list says is believed, so what the file says was not looked at.
    auto wrong = *base.chunks;
    wrong.chunks[0].digest = base::sha256(chunk_of(2));
    base.chunks = std::make_shared<const disk::ChunkList>(wrong);
    EXPECT_NE(storage_.put_disk(disk, base, scope_).facts.digest, stored.facts.digest);
}

TEST_F(ChunkStoreFiles, ABaseThatCannotBeLinkedIsCopied) {
    const auto raw = make_raw("base", {1, 0, 2, 3});
    auto base = known(raw);
    base.raw = scratch_.path() / "another file system";  // link(2) fails there
    const auto stored = storage_.put_disk(disk::DiskView::of_raw(raw), base, scope_);
    EXPECT_EQ(stored.new_bytes.bytes(), 3 * kChunk);
    EXPECT_EQ(std::filesystem::hard_link_count(raw), 1U);
    expect_intact(stored.facts.digest);
}

TEST_F(ChunkStoreFiles, ALinkedBaseIsLeftAloneWhileItIsAnyonesBase) {
    const auto raw = make_raw("base", {1, 2, 3});
    const auto base = known(raw);
    const disk::DiskView part(
        base::ByteCount(kChunk * 3), {disk::open_viewed(raw)}, {{0, kChunk, 0, 0}}, {{0, kChunk}});
    const auto digest = storage_.put_disk(part, base, scope_).facts.digest;
    EXPECT_TRUE(storage_.collect().done);
    EXPECT_EQ(disk::list_chunks(disk::DiskView::of_raw(raw), scope_).chunks, base.chunks->chunks);
    {
        const auto in_use = HeldFile::try_hold(raw);
        std::filesystem::remove(raw);
        EXPECT_EQ(storage_.collect().freed.bytes(), 0U) << "a machine runs on it";
        EXPECT_EQ(packed_bytes(), 3 * kChunk);
    }
    EXPECT_EQ(storage_.collect().freed.bytes(), 2 * kChunk);
    EXPECT_EQ(packed_bytes(), kChunk);
    expect_intact(digest);
}

TEST_F(ChunkStoreFiles, WhatNobodyHasIsGivenBack) {
    const auto gone = put({1, 2, 3, 4}).facts.digest;
    const auto kept = put({5, 2, 6, 4}).facts.digest;
    ASSERT_EQ(packed_bytes(), 6 * kChunk);
    EXPECT_TRUE(erase(gone));
    EXPECT_EQ(packed_bytes(), 4 * kChunk);
    expect_intact(kept);
    EXPECT_EQ(put({1, 2, 3, 4}).facts.digest, gone) << "and can be stored again";
    expect_intact(gone);
    EXPECT_TRUE(erase(kept));
    EXPECT_TRUE(erase(gone));
    EXPECT_THAT(files("packs", ".pack"), IsEmpty());
    EXPECT_THAT(files("packs", ".index"), IsEmpty());
    EXPECT_THAT(files("unsettled", ""), IsEmpty());
}

TEST_F(ChunkStoreFiles, NothingIsCollectedWhileADiskIsBeingStored) {
    const auto digest = put({1, 2}).facts.digest;
    const ChunkStore store(at(""));
    {
        const auto publisher = store.lock_shared();
        EXPECT_TRUE(erase(digest));
        EXPECT_EQ(packed_bytes(), 2 * kChunk);
    }
    EXPECT_TRUE(store.is_unsettled());
    storage_.collect_if_needed();
    EXPECT_EQ(packed_bytes(), 0U);
    EXPECT_FALSE(store.is_unsettled());
}

TEST_F(ChunkStoreFiles, WhatAKilledProcessLeftHalfMadeGoes) {
    const auto digest = put({1}).facts.digest;
    const auto name = base::sha256("x").hex().substr(0, kPackNameLength);
    os::replace_file(at("packs") / (name + ".pack"), "data without an index");
    os::replace_file(at("packs") / (name + ".making"), "data");
    os::replace_file(at("disks") / ".new-1", "a list");
    EXPECT_TRUE(storage_.collect().done);
    EXPECT_THAT(files("packs", ".pack"), SizeIs(1));
    EXPECT_THAT(files("packs", ".making"), IsEmpty());
    EXPECT_FALSE(std::filesystem::exists(at("disks") / ".new-1"));
    expect_intact(digest);
}

// A process that stores and erases until it is killed, saying over a pipe what it is about to do
// and what it has done.
class Killed : public ChunkStoreTest {
  protected:
    struct Word {
        char what = 0;  // '+' stored, '-' about to erase
        std::array<std::uint8_t, 32> digest{};
    };

    [[noreturn]] void work_until_killed(int pipe, int round) const {
        std::minstd_rand random(static_cast<unsigned>(round * 7919 + 1));
        std::vector<base::Sha256Digest> mine = storage_.list();
        for (int step = 0;; ++step) {
            std::vector<int> seeds(12);
            for (auto& seed : seeds) {
                seed = static_cast<int>(random() % 40);
            }
            say(pipe, '+', put(seeds).facts.digest, mine);
            if (mine.size() > 3) {
                const auto which = random() % mine.size();
                say(pipe, '-', mine[which], mine);
                erase(mine[which]);
            }
            static_cast<void>(storage_.collect());
        }
    }

    static void say(int pipe,
                    char what,
                    const base::Sha256Digest& digest,
                    std::vector<base::Sha256Digest>& mine) {
        const Word word{what, digest.bytes()};
        if (::write(pipe, &word, sizeof word) != sizeof word) {
            ::_exit(1);
        }
        if (what == '+') {
            mine.push_back(digest);
        }
    }

    // The disks that must be there.
    std::map<base::Sha256Digest, bool> run_and_kill(int round) const {
        auto [ours, theirs] = os::make_pipe();
        const auto child = ::fork();
        if (child == 0) {
            ours.reset();
            // A thread of its own: what the parent's has drawn ahead (base::new_uuid) would be
            // drawn again by every child.
            std::thread([&] { work_until_killed(theirs.get(), round); }).join();
        }
        theirs.reset();
        std::minstd_rand random(static_cast<unsigned>(round + 1));
        ::usleep(static_cast<useconds_t>(20000 + random() % 150000));
        EXPECT_EQ(::kill(child, SIGKILL), 0);
        EXPECT_EQ(::waitpid(child, nullptr, 0), child);
        std::map<base::Sha256Digest, bool> disks;
        Word word;
        while (::read(ours.get(), &word, sizeof word) == sizeof word) {
            disks[base::Sha256Digest(word.digest)] = word.what == '+';
        }
        return disks;
    }
};

TEST_F(Killed, AtAnyMomentLosesNothingAndLeavesNoGarbage) {
    std::size_t told = 0;
    for (int round = 0; round < 25; ++round) {
        const auto disks = run_and_kill(round);
        told += disks.size();
        for (const auto& [digest, must_be_there] : disks) {
            EXPECT_TRUE(!must_be_there || storage_.has(digest));
        }
        std::map<base::Sha256Digest, bool> needed;
        for (const auto& digest : storage_.list()) {
            expect_intact(digest);
            const auto list = storage_.hold(digest).chunks();
            for (const auto& chunk : list->chunks) {
                needed[chunk.digest] = true;
            }
        }
        storage_.collect_if_needed();
        EXPECT_EQ(packed_bytes(), needed.size() * kChunk) << "round " << round;
        const auto check = storage_.verify({}, scope_);
        EXPECT_THAT(check.damaged, IsEmpty());
        EXPECT_THAT(check.problems, IsEmpty());
        EXPECT_THAT(files("packs", ".making"), IsEmpty());
    }
    EXPECT_GT(told, 15U) << "the processes did something";
    for (const auto& digest : storage_.list()) {
        EXPECT_TRUE(erase(digest));
    }
    EXPECT_THAT(files("packs", ".pack"), IsEmpty());
}

}  // namespace
}  // namespace ingot::artifact
