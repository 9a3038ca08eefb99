// SPDX-License-Identifier: Apache-2.0
// Carries out a Run and a Script: a process of some user, its output as it comes, and how it ended.
#pragma once

#include "guest/agent/account.h"
#include "guest/agent/port.h"

#include <string>
#include <string_view>

namespace ingot::guest::agent {

// Answers over `port`. `login` as for environment_of(). SIGCHLD must be blocked; it is the agent's
// only child meanwhile. When the host hangs up, the command's process group is killed.
void run_command(Port& port,
                 const Account& account,
                 std::string_view login,
                 const std::string& command);

// The same for a script whose frames, up to PutEnd, are taken from `port` first. It is run from
// `path` as its first line says, by the shell if that says nothing, and removed.
void run_script(Port& port,
                const Account& account,
                std::string_view login,
                const std::string& path);

}  // namespace ingot::guest::agent
