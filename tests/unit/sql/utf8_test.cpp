// SPDX-License-Identifier: Apache-2.0
#include "sql/postgres/utf8.h"

#include <string>

#include <gtest/gtest.h>

namespace ingot::sql {
namespace {

using namespace std::string_literals;

TEST(Utf8, KeepsText) {
    for (const auto& text : {""s,
                             "plain\t\n\x01\x7f"s,
                             "\xc2\x80 \xdf\xbf"s,
                             "\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf"s,
                             "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf"s}) {
        EXPECT_EQ(as_utf8(text), text);
    }
}

TEST(Utf8, ReplacesEachByteThatDoesNotBelong) {
    const std::string r = "\xef\xbf\xbd";
    EXPECT_EQ(as_utf8("a\0b"s), "a" + r + "b");
    EXPECT_EQ(as_utf8("\xff"), r);
    EXPECT_EQ(as_utf8("\x80 tail"), r + " tail");
    EXPECT_EQ(as_utf8("cut \xe2\x82"), "cut " + r + r);
    EXPECT_EQ(as_utf8("\xc3("), r + "(");
    EXPECT_EQ(as_utf8("overlong \xc0\x80 \xe0\x80\x80"), "overlong " + r + r + " " + r + r + r);
    EXPECT_EQ(as_utf8("surrogate \xed\xa0\x80"), "surrogate " + r + r + r);
    EXPECT_EQ(as_utf8("too large \xf4\x90\x80\x80"), "too large " + r + r + r + r);
    EXPECT_EQ(as_utf8("\xff\xc3\xa4\xff"), r + "\xc3\xa4" + r);
}

}  // namespace
}  // namespace ingot::sql
