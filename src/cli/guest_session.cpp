// SPDX-License-Identifier: Apache-2.0
#include "cli/guest_session.h"

#include <cstdio>

#include <fmt/format.h>

namespace ingot::cli {
namespace {

int run_command(build::BuildVm& vm,
                const std::string& command,
                const base::Cancellation& cancellation) {
    return vm.machine().while_alive(cancellation, [&](const base::Cancellation& scope) {
        return vm.guest().run(
            command,
            [](guest::GuestStream stream, std::string_view line) {
                fmt::print(stream == guest::GuestStream::Out ? stdout : stderr, "{}\n", line);
            },
            scope);
    });
}

}  // namespace

ExitCode use_guest(build::BuildVm& vm,
                   const std::string& command,
                   const base::Cancellation& cancellation) {
    const int exit_code = command.empty() ? vm.ssh(cancellation).interactive_shell(cancellation)
                                          : run_command(vm, command, cancellation);
    return exit_code == 0 ? ExitCode::Success : ExitCode::Customizer;
}

}  // namespace ingot::cli
