// SPDX-License-Identifier: Apache-2.0
// What this process sees of a worker's end. The worker is a script here: what matters is the lock
// that it inherits.
#include "execution/local_executor.h"

#include "build/recovery.h"
#include "os/files.h"

#include <csignal>
#include <string>

#include <gtest/gtest.h>

namespace ingot::execution {
namespace {

class LocalWorkers : public testing::Test {
  protected:
    [[nodiscard]] LocalWorker start(const std::string& commands) const {
        const auto program = scratch_.path() / "worker";
        os::replace_file(program, "#!/bin/sh\n" + commands, 0755);
        return LocalExecutor(folder_, program, {}).start_recorded(kRun);
    }

    static constexpr const char* kRun = "8b1d5c3e-53c1-4e0e-9df8-0f8b3d1b8f6a";

    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    build::StateFolder folder_{scratch_.path()};
};

TEST_F(LocalWorkers, AreAliveUntilTheyEnd) {
    auto worker = start("sleep 60");
    EXPECT_TRUE(build::has_live_worker(kRun, folder_));
    worker.kill();
    EXPECT_EQ(worker.follow([] {}, base::Cancellation()).signal, SIGKILL);
    EXPECT_FALSE(build::has_live_worker(kRun, folder_));
}

// A worker that is killed between fork and exec leaves a process with all its descriptors for a
// moment: here for half a second.
TEST_F(LocalWorkers, HaveEndedOnlyWhenNothingHoldsTheirLock) {
    auto worker = start("sleep 0.5 & kill -KILL $$");
    EXPECT_EQ(worker.follow([] {}, base::Cancellation()).signal, SIGKILL);
    EXPECT_FALSE(build::has_live_worker(kRun, folder_));
}

}  // namespace
}  // namespace ingot::execution
