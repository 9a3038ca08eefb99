// SPDX-License-Identifier: Apache-2.0
// The disk under the store is full for real: a small tmpfs in a mount namespace of its own.
#include "integration/store/store_writer.h"

#include <string>

#include <gtest/gtest.h>

namespace ingot::store {
namespace {

// Carries out `shell` where the caller may mount, as root or by a user namespace.
os::ProcessSpec with_own_mounts(const std::string& shell) {
    return {.argv = {"unshare", "--map-root-user", "--mount", "sh", "-ec", shell},
            .standard_error = os::Stream::Inherit};
}

TEST(FullDisk, IsNamedAndLeavesTheStoreUsable) {
    if (!os::run(with_own_mounts("true"), base::Cancellation()).status.success()) {
        GTEST_SKIP() << "this user may not make mount namespaces";
    }
    const auto folder = os::ScratchFolder::temporary();
    const auto writer = writer_process("fill", folder.path().string());
    const auto spec = with_own_mounts("mount -t tmpfs -o size=2m tmpfs " + folder.path().string() +
                                      " && exec " + os::to_shell(writer.argv));
    const auto completed = os::run(spec, base::Cancellation());
    EXPECT_TRUE(completed.status.success()) << to_string(completed.status) << completed.out;
}

}  // namespace
}  // namespace ingot::store
