// SPDX-License-Identifier: Apache-2.0
// The disk under the store is full for real: a small tmpfs in a mount namespace of its own.
#include "integration/store/store_writer.h"
#include "os/fd.h"

#include <string>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::store {
namespace {

// Carries out `shell` where the caller may mount, as root or by a user namespace.
os::ProcessSpec with_own_mounts(const std::string& shell) {
    return {.argv = {"unshare", "--map-root-user", "--mount", "sh", "-ec", shell},
            .standard_error = os::Stream::Inherit};
}

TEST(StoreWriter, DISABLED_FillsItsDisk) {
    const os::Path folder = told("STORE_FOLDER");
    const auto ballast = folder / "ballast";
    os::write_all(os::open_file(ballast, O_WRONLY | O_CREAT).get(), std::string(256 * 1024, 'x'));
    ConnectionPool database(folder / "state.db");
    ImageStore images(database);
    std::vector<std::string> run_ids;
    std::string code;
    while (code.empty() && run_ids.size() < 100'000) {
        try {
            const auto run_id = std::to_string(run_ids.size());
            publish_next(images, run_id);
            run_ids.push_back(run_id);
        } catch (const base::Error& error) {
            code = error.code();
        }
    }
    EXPECT_EQ(code, "DiskFull");
    EXPECT_FALSE(run_ids.empty());
    EXPECT_TRUE(is_whole(images, run_ids)) << "readable while the disk is full";
    EXPECT_EQ(images.versions().size(), run_ids.size());

    std::filesystem::remove(ballast);
    run_ids.emplace_back("after");
    publish_next(images, "after");
    EXPECT_TRUE(is_whole(images, run_ids));
    EXPECT_TRUE(is_intact(*database.borrow()));
}

TEST(FullDisk, IsNamedAndLeavesTheStoreUsable) {
    if (!os::run(with_own_mounts("true"), base::Cancellation()).status.success()) {
        GTEST_SKIP() << "this user may not make mount namespaces";
    }
    const auto folder = os::ScratchFolder::temporary();
    const auto writer = writer_process("StoreWriter.DISABLED_FillsItsDisk", {});
    auto spec = with_own_mounts("mount -t tmpfs -o size=2m tmpfs " + folder.path().string() +
                                " && exec " + os::to_shell(writer.argv));
    spec.env = {{"STORE_FOLDER", folder.path().string()}};
    const auto completed = os::run(spec, base::Cancellation());
    EXPECT_TRUE(completed.status.success()) << to_string(completed.status) << completed.out;
    EXPECT_THAT(completed.out, testing::HasSubstr("[  PASSED  ] 1 test"));
}

}  // namespace
}  // namespace ingot::store
