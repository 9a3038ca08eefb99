// SPDX-License-Identifier: Apache-2.0
// The whole main job for somebody who is not root: base image, build, publication, boot.
#include "support/e2e/ingot_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace ingot::e2e {
namespace {

using testing::IsEmpty;

TEST(OrdinaryUser, MakesTheBaseImageBuildsPublishesAndBoots) {
    Ingot ingot;
    ingot.become_ordinary_user();
    const auto doctor = ingot.run({"doctor"});
    EXPECT_EQ(doctor.exit_code, 0) << doctor.out;

    const auto file = ingot.write_template(
        "mine", R"([{"type": "Shell", "inline": ["echo mine | sudo tee /etc/mine"]}])");
    const auto built = ingot.build(file);
    ASSERT_EQ(built.exit_code, 0) << built.out;

    struct stat state {};

    ASSERT_EQ(::stat(ingot.state().c_str(), &state), 0);
    EXPECT_NE(state.st_uid, 0U);
    const auto booted = ingot.run({"image", "boot", "mine", "--command", "cat /etc/mine"});
    EXPECT_EQ(booted.out, "mine\n") << booted.err;
    EXPECT_THAT(ingot.processes(), IsEmpty());
    EXPECT_THAT(ingot.leftovers(), IsEmpty());
}

}  // namespace
}  // namespace ingot::e2e
