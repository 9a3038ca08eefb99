// SPDX-License-Identifier: Apache-2.0
// What the scripts do to a system is shown in tests/integration/guest/build_user_test.cpp.
#include "guest/build_user.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::guest {
namespace {

TEST(BuildUser, HasANameThatLinuxTakes) {
    for (const auto* name : {"packer", "_svc", "a-b_c9"}) {
        EXPECT_NO_THROW(check_user_name(name)) << name;
    }
    for (const auto* name : {"",
                             "9lives",
                             "-x",
                             "Root",
                             "a b",
                             "a;b",
                             "a'b",
                             "a.b",
                             "a/b",
                             "ä",
                             "abcdefghijklmnopqrstuvwxyz0123456"}) {
        EXPECT_THROW(check_user_name(name), base::Error) << name;
    }
}

TEST(BuildUser, RemovalQuotesTheKey) {
    EXPECT_THAT(build_user_removal_script("packer", "k'; reboot #"),
                testing::HasSubstr("\nkey='k'\\''; reboot #'\n"));
}

TEST(BuildUser, RemovalRefusesABadName) {
    EXPECT_THROW((void)build_user_removal_script("a;b", "key"), base::Error);
}

}  // namespace
}  // namespace ingot::guest
