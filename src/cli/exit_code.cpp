// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.h"

namespace ingot::cli {

ExitCode exit_code_of(const build::Run& run) {
    using build::FailureCause;
    switch (run.failure.cause) {
        case FailureCause::None:
            return build::is_final(run.state) ? ExitCode::Success : ExitCode::WorkerDied;
        case FailureCause::Template:
            return ExitCode::Template;
        case FailureCause::Source:
            return ExitCode::Source;
        case FailureCause::BuildVm:
        case FailureCause::Generalize:
            return ExitCode::BuildVm;
        case FailureCause::Customizer:
            return ExitCode::Customizer;
        case FailureCause::Validator:
            return ExitCode::Validation;
        case FailureCause::Distribution:
            return ExitCode::Distribution;
        case FailureCause::Timeout:
            return ExitCode::Timeout;
        case FailureCause::Canceled:
            return ExitCode::Canceled;
        case FailureCause::WorkerDied:
            return ExitCode::WorkerDied;
        case FailureCause::Internal:
            return ExitCode::Internal;
    }
    return ExitCode::Internal;
}

}  // namespace ingot::cli
