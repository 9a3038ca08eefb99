// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.h"

#include <gtest/gtest.h>

namespace ingot::cli {
namespace {

build::Run run_in(build::RunState state, build::FailureCause cause) {
    build::Run run;
    run.state = state;
    run.failure.cause = cause;
    return run;
}

TEST(ExitCodes, TellWhatBecameOfARun) {
    using build::FailureCause;
    using build::RunState;
    EXPECT_EQ(exit_code_of(run_in(RunState::Succeeded, FailureCause::None)), ExitCode::Success);
    EXPECT_EQ(exit_code_of(run_in(RunState::Failed, FailureCause::Customizer)),
              ExitCode::Customizer);
    EXPECT_EQ(exit_code_of(run_in(RunState::Canceled, FailureCause::Canceled)), ExitCode::Canceled);
}

// Nobody may take a run for a success that nobody brought to its end.
TEST(ExitCodes, AreNoSuccessForARunWithoutAnEnd) {
    EXPECT_EQ(exit_code_of(run_in(build::RunState::Running, build::FailureCause::None)),
              ExitCode::WorkerDied);
}

}  // namespace
}  // namespace ingot::cli
