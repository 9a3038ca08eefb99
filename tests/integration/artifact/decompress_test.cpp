// SPDX-License-Identifier: Apache-2.0
#include "artifact/decompress.h"

#include "base/error.h"
#include "os/child_process.h"
#include "os/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ingot::artifact {
namespace {

using base::ByteCount;

class Decompress : public ::testing::TestWithParam<std::tuple<Compression, const char*>> {
  protected:
    // A sparse disk, and the same compressed by the tool of the case.
    void SetUp() override {
        const auto fd = os::open_file(disk_, O_RDWR | O_CREAT);
        ASSERT_EQ(::ftruncate(fd.get(), 8 << 20), 0);
        ASSERT_EQ(::pwrite(fd.get(), "data", 4, (5 << 20) + 5), 4);
        const auto [kind, tool] = GetParam();
        const auto command = std::string(tool) + " <\"$1\" >\"$2\"";
        os::run_checked({.argv = {"sh", "-c", command, "sh", disk_, packed_}}, scope_);
    }

    std::string failure(const os::Path& from, ByteCount limit) {
        try {
            decompress(from, std::get<0>(GetParam()), out_, limit, scope_);
        } catch (const base::Error& error) {
            EXPECT_FALSE(std::filesystem::exists(out_));
            return error.code();
        }
        return "no failure";
    }

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    os::Path disk_ = scratch_.path() / "disk.raw";
    os::Path packed_ = scratch_.path() / "packed";
    os::Path out_ = scratch_.path() / "out.raw";
    base::Cancellation scope_;
};

TEST_P(Decompress, BringsBackTheSameBytesWithHoles) {
    decompress(packed_, std::get<0>(GetParam()), out_, ByteCount::mib(8), scope_);
    EXPECT_EQ(os::hash_file(out_, base::HashAlgorithm::Sha256, scope_),
              os::hash_file(disk_, base::HashAlgorithm::Sha256, scope_));
    EXPECT_LT(os::allocated_size(out_), ByteCount::mib(1));
}

TEST_P(Decompress, StopsAtTheLimit) {
    EXPECT_EQ(failure(packed_, ByteCount::mib(7)), "ArtifactTooLarge");
}

class DecompressDamaged : public Decompress {};

TEST_P(DecompressDamaged, FileIsNamed) {
    std::filesystem::resize_file(packed_, os::file_length(packed_).bytes() / 2);
    EXPECT_EQ(failure(packed_, ByteCount::mib(8)), "ArtifactUnreadable");
    EXPECT_EQ(failure(disk_, ByteCount::mib(8)), "ArtifactUnreadable");
}

TEST_P(Decompress, LeavesNothingWhenCancelled) {
    scope_.cancel(base::CancelCause::User);
    EXPECT_THROW(decompress(packed_, std::get<0>(GetParam()), out_, ByteCount::mib(8), scope_),
                 base::Cancelled);
    EXPECT_FALSE(std::filesystem::exists(out_));
}

const auto kTools = ::testing::Values(std::tuple{Compression::Gzip, "gzip"},
                                      std::tuple{Compression::Xz, "xz"},
                                      std::tuple{Compression::Zstd, "zstd"});

INSTANTIATE_TEST_SUITE_P(AllTools, Decompress, kTools);
INSTANTIATE_TEST_SUITE_P(AllTools, DecompressDamaged, kTools);
INSTANTIATE_TEST_SUITE_P(NoTool,
                         Decompress,
                         ::testing::Values(std::tuple{Compression::None, "cat"}));

}  // namespace
}  // namespace ingot::artifact
