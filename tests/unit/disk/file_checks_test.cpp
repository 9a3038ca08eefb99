// SPDX-License-Identifier: Apache-2.0
// Checksums of sparse files: one changed bit anywhere is noticed, holes cost nothing.
#include "disk/file_checks.h"

#include "base/error.h"
#include "os/fd.h"
#include "os/files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kBlock = kCheckedBlock.bytes();

class FileChecksTest : public testing::Test {
  protected:
    // Data at the beginning, a hole of two blocks, data in the middle of block 3, a short end.
    void SetUp() override {
        file_ = open("file");
        put(0, std::string(100, 'a'));
        put(3 * kBlock + 5000, "in the middle");
        put(5 * kBlock, "the end");
    }

    [[nodiscard]] os::Fd open(const std::string& name) const {
        return os::open_file(folder_.path() / name, O_RDWR | O_CREAT, 0600);
    }

    void put(std::uint64_t offset, std::string_view bytes) const {
        ASSERT_EQ(::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)),
                  static_cast<ssize_t>(bytes.size()));
    }

    [[nodiscard]] FileChecks checks() const { return checks_of(file_.get(), scope_); }

    [[nodiscard]] std::string damage(const FileChecks& checks) const {
        try {
            verify(file_.get(), checks, scope_);
        } catch (const base::Error& error) {
            EXPECT_EQ(error.kind(), base::ErrorKind::Corrupt);
            return error.code();
        }
        return "";
    }

    static std::string refusal_of_text(const std::string& text) {
        try {
            static_cast<void>(file_checks_from(text));
        } catch (const base::Error& error) {
            return error.code();
        }
        return "";
    }

    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
    base::Cancellation scope_;
    os::Fd file_;
};

TEST_F(FileChecksTest, AreOfTheBlocksThatAreNotZero) {
    std::vector<std::uint64_t> blocks;
    for (const auto& block : checks().blocks) {
        blocks.push_back(block.index);
    }
    EXPECT_THAT(blocks, ElementsAre(0U, 3U, 5U));
    EXPECT_EQ(checks().length.bytes(), 5 * kBlock + 7);
    EXPECT_EQ(damage(checks()), "");
}

TEST_F(FileChecksTest, NoticeOneBitInDataInAHoleAndAtTheEnd) {
    const auto whole = checks();
    for (const std::uint64_t offset : {std::uint64_t{99}, kBlock + 1, 4 * kBlock, 5 * kBlock + 6}) {
        char byte = 0;
        ASSERT_EQ(::pread(file_.get(), &byte, 1, static_cast<off_t>(offset)), 1);
        put(offset, std::string(1, static_cast<char>(byte ^ 1)));
        EXPECT_EQ(damage(whole), "FileDamaged") << offset;
        put(offset, std::string(1, byte));
        EXPECT_EQ(damage(whole), "") << offset;
    }
}

TEST_F(FileChecksTest, NoticeAnotherLengthAndLostData) {
    const auto whole = checks();
    ASSERT_EQ(::ftruncate(file_.get(), 5 * kBlock + 6), 0);
    EXPECT_EQ(damage(whole), "FileDamaged");
    ASSERT_EQ(::ftruncate(file_.get(), 5 * kBlock + 8), 0);
    EXPECT_EQ(damage(whole), "FileDamaged");
    ASSERT_EQ(::ftruncate(file_.get(), 0), 0);
    ASSERT_EQ(::ftruncate(file_.get(), 5 * kBlock + 7), 0);
    EXPECT_EQ(damage(whole), "FileDamaged");
}

TEST_F(FileChecksTest, TakeWrittenZerosForAHole) {
    const auto whole = checks();
    put(kBlock, std::string(kBlock, '\0'));
    EXPECT_EQ(damage(whole), "");
    EXPECT_EQ(checks(), whole);
}

TEST_F(FileChecksTest, OfAnEmptyFileAreNone) {
    file_ = open("empty");
    EXPECT_EQ(checks(), FileChecks{});
    EXPECT_EQ(damage({}), "");
}

TEST_F(FileChecksTest, AreMadeAndProvedWhileCopying) {
    const auto copy = open("copy");
    const auto whole = copy_checked(file_.get(), copy.get(), scope_);
    EXPECT_EQ(whole, checks());
    verify(copy.get(), whole, scope_);
    const auto second = open("second");
    copy_verified(copy.get(), second.get(), whole, scope_);
    verify(second.get(), whole, scope_);
    EXPECT_LT(os::allocated_size(folder_.path() / "second").bytes(), kBlock);
    put(0, "b");
    const auto third = open("third");
    EXPECT_THROW(copy_verified(file_.get(), third.get(), whole, scope_), base::Error);
}

TEST_F(FileChecksTest, AreTextThatNoticesItsOwnDamage) {
    const auto text = to_text(checks());
    EXPECT_EQ(file_checks_from(text), checks());
    for (std::size_t i = 0; i < text.size() - 1; ++i) {
        auto damaged = text;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        EXPECT_EQ(refusal_of_text(damaged), "FileDamaged") << i;
        EXPECT_EQ(refusal_of_text(text.substr(0, i)), "FileDamaged") << i;
    }
}

TEST_F(FileChecksTest, CanBeCancelled) {
    base::Cancellation ended;
    ended.cancel(base::CancelCause::User);
    EXPECT_THROW(static_cast<void>(checks_of(file_.get(), ended)), base::Cancelled);
}

}  // namespace
}  // namespace ingot::disk
