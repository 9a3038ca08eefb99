// SPDX-License-Identifier: Apache-2.0
#include "disk/chunks.h"

#include "disk/disk_digest.h"
#include "os/fd.h"
#include "os/files.h"

#include <algorithm>
#include <stdexcept>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

using base::ByteCount;
using base::Cancellation;

class Chunks : public ::testing::Test {
  protected:
    // A disk of this size with `text` at `offset`, everything else a hole.
    os::Path make_disk(const std::string& name,
                       ByteCount size,
                       std::uint64_t offset = 0,
                       const std::string& text = "") {
        auto path = scratch_.path() / name;
        const auto fd = os::open_file(path, O_RDWR | O_CREAT);
        EXPECT_EQ(::ftruncate(fd.get(), static_cast<off_t>(size.bytes())), 0);
        write(path, offset, text);
        return path;
    }

    static void write(const os::Path& path, std::uint64_t offset, const std::string& text) {
        const auto fd = os::open_file(path, O_RDWR);
        EXPECT_EQ(::pwrite(fd.get(), text.data(), text.size(), static_cast<off_t>(offset)),
                  static_cast<ssize_t>(text.size()));
    }

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    Cancellation scope_;
};

TEST_F(Chunks, AreListedInOrderWithoutTheZeroOnes) {
    const auto disk = make_disk("d", ByteCount::mib(64), ByteCount::mib(40).bytes(), "later");
    write(disk, kChunkSize.bytes() * 3, "sooner");
    write(disk, kChunkSize.bytes() * 9, std::string(kChunkSize.bytes(), '\0'));
    const auto list = list_chunks(DiskView::of_raw(disk), scope_);
    ASSERT_EQ(list.chunks.size(), 2U);
    EXPECT_EQ(list.chunks[0].index, 3U);
    EXPECT_EQ(list.chunks[1].index, ByteCount::mib(40).bytes() / kChunkSize.bytes());
    const std::string chunk = "sooner" + std::string(kChunkSize.bytes() - 6, '\0');
    EXPECT_EQ(list.chunks[0].digest, base::sha256(chunk));
}

TEST_F(Chunks, SpanningTwoAreBothSeen) {
    const auto disk = make_disk("d", ByteCount::mib(1), kChunkSize.bytes() - 1, "ab");
    EXPECT_EQ(list_chunks(DiskView::of_raw(disk), scope_).chunks.size(), 2U);
}

TEST_F(Chunks, TheLastMayBeShort) {
    const auto disk = make_disk("d", ByteCount(kChunkSize.bytes() + 3), kChunkSize.bytes(), "end");
    const auto list = list_chunks(DiskView::of_raw(disk), scope_);
    ASSERT_EQ(list.chunks.size(), 1U);
    EXPECT_EQ(list.chunks[0].digest, base::sha256("end"));
    EXPECT_EQ(measure_disk(disk, scope_).data_size, ByteCount(3));
}

TEST_F(Chunks, AnEmptyFileHasNone) {
    EXPECT_TRUE(list_chunks(DiskView::of_raw(make_disk("d", ByteCount(0))), scope_).chunks.empty());
}

TEST_F(Chunks, WhatAVisitorThrowsEndsTheWalk) {
    const auto disk =
        DiskView::of_raw(make_disk("d", ByteCount::mib(8), 0, std::string(8U << 20U, 'x')));
    EXPECT_THROW(
        (void)list_chunks(
            disk,
            plan_reading(disk, nullptr, {}),
            [](const Chunk&, std::span<const std::byte>) { throw std::runtime_error("enough"); },
            scope_),
        std::runtime_error);
}

TEST_F(Chunks, ACancelledWalkThrowsCancelled) {
    const auto disk =
        DiskView::of_raw(make_disk("d", ByteCount::mib(8), 0, std::string(8U << 20U, 'x')));
    EXPECT_THROW((void)list_chunks(
                     disk,
                     plan_reading(disk, nullptr, {}),
                     [this](const Chunk&, std::span<const std::byte>) {
                         scope_.cancel(base::CancelCause::User);
                     },
                     scope_),
                 base::Cancelled);
}

// A view of 4.5 chunks on a base of 3.5: bytes [1.5, 2) are the overlay's.
TEST_F(Chunks, OfAKnownBaseAreNotReadWhereTheyAreWhole) {
    const auto chunk = kChunkSize.bytes();
    const auto base =
        make_disk("base", ByteCount(chunk * 7 / 2), 0, std::string(chunk * 7 / 2, 'b'));
    const auto overlay = make_disk("overlay", ByteCount(chunk), 0, std::string(chunk / 2, 'o'));
    const auto known = list_chunks(DiskView::of_raw(base), scope_);
    const DiskView disk(ByteCount(chunk * 9 / 2),
                        {open_viewed(base), open_viewed(overlay)},
                        {{0, chunk * 3 / 2, 0, 0},
                         {chunk * 3 / 2, chunk / 2, 1, 0},
                         {chunk * 2, chunk * 3 / 2, 0, chunk * 2}},
                        {{0, chunk * 3 / 2}, {chunk * 2, chunk * 7 / 2}});
    const auto all = [](const Chunk&) { return true; };
    const auto plan = plan_reading(disk, &known, all);
    ASSERT_EQ(plan.known.size(), 2U);
    EXPECT_EQ(plan.known[0].index, 0U);
    EXPECT_EQ(plan.known[1].index, 2U);
    const std::vector<Extent> to_read = {{chunk, chunk * 2}, {chunk * 3, chunk * 4}};
    EXPECT_EQ(plan.ranges, to_read);
    EXPECT_EQ(list_chunks(disk, plan, {}, scope_).chunks, list_chunks(disk, scope_).chunks);
    const auto not_the_first = [](const Chunk& c) { return c.index != 0; };
    const auto more = plan_reading(disk, &known, not_the_first);
    EXPECT_EQ(more.ranges[0], (Extent{0, chunk * 2}));
    EXPECT_EQ(list_chunks(disk, more, {}, scope_).chunks, list_chunks(disk, scope_).chunks);
}

TEST_F(Chunks, DigestDoesNotTellWrittenZerosFromHoles) {
    const auto hole = make_disk("hole", ByteCount::mib(4), 5, "data");
    const auto zeros = make_disk("zeros", ByteCount::mib(4), 0, std::string(4U << 20U, '\0'));
    write(zeros, 5, "data");
    EXPECT_LT(os::allocated_size(hole), os::allocated_size(zeros));
    EXPECT_EQ(measure_disk(hole, scope_), measure_disk(zeros, scope_));
    EXPECT_EQ(measure_disk(hole, scope_).data_size, kChunkSize);
}

TEST_F(Chunks, DigestTellsSizeAndPlaceApart) {
    const auto one = measure_disk(make_disk("a", ByteCount::mib(4), 0, "x"), scope_).digest;
    const auto larger = measure_disk(make_disk("b", ByteCount::mib(5), 0, "x"), scope_).digest;
    const auto elsewhere =
        measure_disk(make_disk("c", ByteCount::mib(4), kChunkSize.bytes(), "x"), scope_).digest;
    EXPECT_NE(one, larger);
    EXPECT_NE(one, elsewhere);
}

// The values of docs/formats/disk-digest.md, computed by another program from its text.
TEST(DiskDigest, IsTheDocumentedOne) {
    EXPECT_EQ(digest_of({.virtual_size = ByteCount::gib(4)}).hex(),
              "f5d12dad4e6534eb0c5ea07ac2bc4acd542d350e94b01a13328ffae200b2bdd5");
    const ChunkList disk{.virtual_size = ByteCount::mib(1),
                         .chunks = {{0, base::sha256("a")}, {7, base::sha256("b")}}};
    EXPECT_EQ(digest_of(disk).hex(),
              "2f4c090242d21a7a857121c01f42b73bdbd18b901d17020bb959b19392da3d89");
}

}  // namespace
}  // namespace ingot::disk
