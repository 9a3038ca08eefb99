// SPDX-License-Identifier: Apache-2.0
#include "base/ascii.h"

#include <gtest/gtest.h>

namespace ingot::base {
namespace {

TEST(Ascii, LowersLettersAndNothingElse) {
    EXPECT_EQ(to_lower("/Subscriptions/S_1[@]/\xc3\x84"), "/subscriptions/s_1[@]/\xc3\x84");
}

TEST(Ascii, ComparesWithoutCaseButNotByPrefix) {
    EXPECT_TRUE(equal_ignoring_case("Images/A", "images/a"));
    EXPECT_FALSE(equal_ignoring_case("images/a", "images/ab"));
    EXPECT_FALSE(equal_ignoring_case("a[", "a{"));
}

}  // namespace
}  // namespace ingot::base
