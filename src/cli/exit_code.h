// SPDX-License-Identifier: Apache-2.0
// The exit codes of `ingot`: part of its interface (docs/cli.md), so that a CI job can tell a
// broken template from a broken mirror.
#pragma once

#include "build/run.h"

namespace ingot::cli {

enum class ExitCode {
    Success = 0,
    Internal = 1,   // a bug, or the host failed us (disk full, no permission)
    Different = 1,  // image diff --exit-code only: the number that diff and git have for it
    Usage = 2,      // the command line
    Template = 3,
    Source = 4,
    Customizer = 5,
    BuildVm = 6,  // did not start, answer, generalize or survive
    Distribution = 7,
    Validation = 8,
    Timeout = 9,
    WorkerDied = 10,
    NotFound = 11,  // the image or run that was named
    Service = 12,   // the service does not answer, or refuses
    Canceled = 130,
};

[[nodiscard]] ExitCode exit_code_of(const build::Run& run);

}  // namespace ingot::cli
