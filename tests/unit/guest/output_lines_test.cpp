// SPDX-License-Identifier: Apache-2.0
#include "guest/output_lines.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::guest {
namespace {

using Line = std::pair<GuestStream, std::string>;

class OutputLinesTest : public testing::Test {
  protected:
    std::vector<Line> got_;
    OutputHandler handler_ = [this](GuestStream stream, std::string_view line) {
        got_.emplace_back(stream, line);
    };
    OutputLines lines_{handler_};
};

TEST_F(OutputLinesTest, ReassemblesALineSplitAcrossReads) {
    lines_.add(GuestStream::Out, "hel");
    lines_.add(GuestStream::Out, "lo\nwor");
    EXPECT_EQ(got_, (std::vector<Line>{{GuestStream::Out, "hello"}}));
    lines_.add(GuestStream::Out, "ld\n\n");
    EXPECT_EQ(
        got_,
        (std::vector<Line>{
            {GuestStream::Out, "hello"}, {GuestStream::Out, "world"}, {GuestStream::Out, ""}}));
}

TEST_F(OutputLinesTest, KeepsTheStreamsApart) {
    lines_.add(GuestStream::Out, "ou");
    lines_.add(GuestStream::Err, "err\n");
    lines_.add(GuestStream::Out, "t\n");
    EXPECT_EQ(got_, (std::vector<Line>{{GuestStream::Err, "err"}, {GuestStream::Out, "out"}}));
}

TEST_F(OutputLinesTest, HandsOnTheUnfinishedLineAtTheEnd) {
    lines_.add(GuestStream::Err, "no newline");
    EXPECT_TRUE(got_.empty());
    lines_.finish();
    lines_.finish();
    EXPECT_EQ(got_, (std::vector<Line>{{GuestStream::Err, "no newline"}}));
}

TEST_F(OutputLinesTest, CutsALineThatIsTooLongAndLosesNoByte) {
    const std::string text(OutputLines::kLongestLine * 2 + 10, 'x');
    lines_.add(GuestStream::Out, text.substr(0, 5));
    lines_.add(GuestStream::Out, text.substr(5) + "\n");
    ASSERT_EQ(got_.size(), 3U);
    EXPECT_EQ(got_[0].second.size(), OutputLines::kLongestLine);
    EXPECT_EQ(got_[0].second + got_[1].second + got_[2].second, text);
}

TEST_F(OutputLinesTest, MakesOneLineOfExactlyTheLongest) {
    const std::string text(OutputLines::kLongestLine, 'x');
    lines_.add(GuestStream::Out, text);
    lines_.add(GuestStream::Out, "\n");
    EXPECT_EQ(got_, (std::vector<Line>{{GuestStream::Out, text}}));
}

TEST(OutputLines, NeedNoHandler) {
    const OutputHandler none;
    OutputLines lines(none);
    EXPECT_NO_THROW(lines.add(GuestStream::Out, "text\n"));
}

}  // namespace
}  // namespace ingot::guest
