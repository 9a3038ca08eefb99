// SPDX-License-Identifier: Apache-2.0
// What a person does in a machine of ours: a shell, or one command whose output is passed on. For
// the verbs that start machines to look into; starting them is theirs.
#pragma once

#include "base/cancellation.h"
#include "build/build_vm.h"
#include "cli/exit_code.h"

#include <string>

namespace ingot::cli {

// Without a command, an interactive shell. Success, or Customizer if what ran ended otherwise than
// with 0. Throws what Machine::check_alive() throws if the machine ends meanwhile.
[[nodiscard]] ExitCode use_guest(build::BuildVm& vm,
                                 const std::string& command,
                                 const base::Cancellation& cancellation);

}  // namespace ingot::cli
