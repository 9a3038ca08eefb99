// SPDX-License-Identifier: Apache-2.0
// run.
#include "cli/main/command_line.h"

namespace ingot::cli {
namespace {

constexpr auto kRun = "id, its beginning, or latest; a template's name in a service";

void add_either(CLI::App* group,
                const std::string& name,
                const std::string& help,
                CommandLine& line,
                Action action) {
    auto* verb = add_verb(group, name, help, line, std::move(action));
    verb->add_option("RUN", line.id, kRun)->required();
    add_group_option(verb, line);
}

ExitCode local_logs(const Settings& settings, const CommandLine& line) {
    return interruptible([&](const base::Cancellation& scope) {
        return run_logs_command(settings, line.id, line.follow, scope);
    });
}

}  // namespace

void add_run(CLI::App& app, CommandLine& line) {
    auto* group = app.add_subcommand("run", "what was built, and how")->require_subcommand(1);
    auto* list = add_verb(group,
                          "list",
                          "all runs",
                          line,
                          either(line, remote_run_list_command, [&line](const Settings& settings) {
                              return run_list_command(settings, line.form());
                          }));
    add_output(list, line);
    add_group_option(list, line);
    const auto with_id =
        [&](const std::string& name, const std::string& help, auto remote, auto local) {
            add_either(
                group,
                name,
                help,
                line,
                either(
                    line,
                    [&line, remote](const Remote& service) { return remote(service, line.id); },
                    [&line, local](const Settings& settings) { return local(settings, line.id); }));
        };
    with_id("show", "one run with its steps, as JSON", remote_run_show_command, run_show_command);
    with_id("cancel", "end it", remote_run_cancel_command, run_cancel_command);
    add_either(group,
               "logs",
               "its customization.log",
               line,
               either(
                   line,
                   [&line](const Remote& remote) {
                       return remote_run_logs_command(remote, line.id, line.follow);
                   },
                   [&line](const Settings& settings) { return local_logs(settings, line); }));
    group->get_subcommand("logs")->add_flag("--follow,-f", line.follow, "until the run's end");
    add_remote_verb(group,
                    "watch",
                    "show a run of the service as it goes on",
                    line,
                    [&line](const Remote& remote) { return run_watch_command(remote, line.id); })
        ->add_option("RUN", line.id, "id, its beginning, latest, or a template")
        ->required();
    add_verb(group,
             "shell",
             "a shell in the VM that a failed run kept",
             line,
             [&line](const Settings& settings) {
                 return interruptible([&](const base::Cancellation& scope) {
                     return run_shell_command(settings, line.id, scope);
                 });
             })
        ->add_option("RUN", line.id, "id, its beginning, or latest")
        ->required();
}

}  // namespace ingot::cli
