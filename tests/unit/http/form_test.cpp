// SPDX-License-Identifier: Apache-2.0
#include "http/form.h"

#include <string>

#include <gtest/gtest.h>

namespace ingot::http {
namespace {

TEST(PercentEncoding, GoesThereAndBack) {
    std::string every;
    for (int byte = 1; byte < 256; ++byte) {
        every += static_cast<char>(byte);
    }
    EXPECT_EQ(percent_decode(percent_encode(every)), every);
    EXPECT_EQ(percent_encode("a b/ä~"), "a%20b%2F%C3%A4~");
    EXPECT_EQ(percent_decode("a+b"), "a+b");
}

TEST(PercentEncoding, RefusesBrokenEscapesAndNul) {
    for (const std::string_view text : {"%", "%4", "a%", "%zz", "%4g", "%00"}) {
        EXPECT_EQ(percent_decode(text), std::nullopt) << text;
    }
    EXPECT_EQ(percent_decode({"a\0", 2}), std::nullopt);
}

TEST(Form, KeepsTheOrderOfOneName) {
    const auto form = parse_form("b=2&a=1&b=x+y&&c&%61=%3D");
    ASSERT_TRUE(form);
    EXPECT_EQ(*form, (Form{{"a", "1"}, {"a", "="}, {"b", "2"}, {"b", "x y"}, {"c", ""}}));
    EXPECT_TRUE(parse_form("")->empty());
}

TEST(Form, IsRefusedWhole) {
    EXPECT_EQ(parse_form("a=1&b=%"), std::nullopt);
    std::string many;
    for (int i = 0; i < 1000; ++i) {
        many += "a&";
    }
    EXPECT_TRUE(parse_form(many));
    EXPECT_EQ(parse_form(many + "a"), std::nullopt);
}

}  // namespace
}  // namespace ingot::http
