// SPDX-License-Identifier: Apache-2.0
#include "guest/seed.h"

#include "os/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace ingot::guest {
namespace {

TEST(SeedIso, HoldsTheThreeDocumentsUnderTheLabelThatCloudInitLooksFor) {
    const base::Cancellation never;
    const auto folder = os::ScratchFolder::temporary();
    const auto iso = folder.path() / "seed.iso";
    const SeedContent content{.instance_id = "run-1",
                              .hostname = "build",
                              .user = "packer",
                              .authorized_key = "ssh-ed25519 AAAA build",
                              .host_key = generate_ssh_key("host")};
    write_seed_iso(iso, content, never);

    // xorriso reports on standard error.
    const auto report = os::run({.argv = {"xorriso", "-indev", iso.string(), "-pvd_info"}}, never);
    EXPECT_THAT(report.out + report.err, testing::HasSubstr("CIDATA"));
    const auto out = folder.path() / "out";
    os::run_checked(
        {.argv =
             {"xorriso", "-osirrox", "on", "-indev", iso.string(), "-extract", "/", out.string()}},
        never);
    EXPECT_EQ(os::read_file(out / "user-data"), render_user_data(content));
    EXPECT_EQ(os::read_file(out / "meta-data"), render_meta_data(content));
    EXPECT_EQ(os::read_file(out / "network-config"), render_network_config());

    struct stat status {};

    ASSERT_EQ(::stat(iso.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

}  // namespace
}  // namespace ingot::guest
