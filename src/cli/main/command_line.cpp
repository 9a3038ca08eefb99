// SPDX-License-Identifier: Apache-2.0
#include "cli/main/command_line.h"

#include "cli/remote/service_address.h"
#include "os/signals.h"

namespace ingot::cli {

ExitCode interruptible(const std::function<ExitCode(const base::Cancellation& scope)>& command) {
    const base::Cancellation scope;
    const os::SignalListener signals([scope](int) { scope.cancel(base::CancelCause::User); });
    return command(scope);
}

CLI::Option* add_output(CLI::App* command, CommandLine& line) {
    return command->add_option("--output,-o", line.output, "text or json")
        ->check(CLI::IsMember({"text", "json"}));
}

CLI::App* add_verb(CLI::App* group,
                   const std::string& name,
                   const std::string& help,
                   CommandLine& line,
                   Action action) {
    auto* verb = group->add_subcommand(name, help);
    verb->callback([&line, action = std::move(action)] { line.action = action; });
    return verb;
}

void add_group_option(CLI::App* command, CommandLine& line) {
    command->add_option(
        "--group,-g", line.service.group, "the resource group in the service (or INGOT_GROUP)");
}

namespace {

Action remotely(CommandLine& line, RemoteAction action) {
    return [&line, action = std::move(action)](const Settings& settings) {
        return interruptible([&](const base::Cancellation& scope) {
            return action({settings, line.service, line.form(), scope});
        });
    };
}

}  // namespace

CLI::App* add_remote_verb(CLI::App* group,
                          const std::string& name,
                          const std::string& help,
                          CommandLine& line,
                          RemoteAction action) {
    auto* verb = add_verb(group, name, help, line, remotely(line, std::move(action)));
    add_group_option(verb, line);
    add_output(verb, line);
    return verb;
}

Action either(CommandLine& line, RemoteAction remote, Action local) {
    return [&line, remote = remotely(line, std::move(remote)), local = std::move(local)](
               const Settings& settings) {
        return names_service(line.service) ? remote(settings) : local(settings);
    };
}

}  // namespace ingot::cli
