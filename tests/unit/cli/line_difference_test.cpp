// SPDX-License-Identifier: Apache-2.0
#include "cli/line_difference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(LineDifference, OfTheSameIsNothing) {
    EXPECT_THAT(line_difference("", ""), IsEmpty());
    EXPECT_THAT(line_difference("a\nb\n", "a\nb\n"), IsEmpty());
    EXPECT_THAT(line_difference("a\nb", "a\nb\n"), IsEmpty());
}

TEST(LineDifference, LeavesOutWhatBothHave) {
    EXPECT_THAT(line_difference("a\nb\nc\n", "a\nx\nc\n"), ElementsAre("- b", "+ x"));
    EXPECT_THAT(line_difference("a\nc\n", "a\nb\nc\nd\n"), ElementsAre("+ b", "+ d"));
    EXPECT_THAT(line_difference("a\nb\nc\n", "b\n"), ElementsAre("- a", "- c"));
    EXPECT_THAT(line_difference("", "a\n\n"), ElementsAre("+ a", "+ "));
}

TEST(LineDifference, FindsALongestCommonPart) {
    EXPECT_THAT(line_difference("1\n2\n3\n4\n", "2\n3\n4\n1\n"), ElementsAre("- 1", "+ 1"));
}

TEST(LineDifference, ShowsFortyLinesAndCountsTheRest) {
    std::string many;
    for (int i = 0; i < 100; ++i) {
        many += std::to_string(i) + "\n";
    }
    const auto lines = line_difference("", many);
    ASSERT_EQ(lines.size(), 41U);
    EXPECT_EQ(lines[39], "+ 39");
    EXPECT_EQ(lines[40], "… and 60 more");
}

TEST(LineDifference, OfHugeTextsIsAllOfThem) {
    std::string huge;
    for (int i = 0; i < 2001; ++i) {
        huge += "x\n";
    }
    const auto lines = line_difference(huge, huge + "y\n");
    EXPECT_EQ(lines[0], "- x");
    EXPECT_EQ(lines[40], "… and 3963 more");
}

}  // namespace
}  // namespace ingot::cli
