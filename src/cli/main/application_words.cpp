// SPDX-License-Identifier: Apache-2.0
// application.
#include "cli/main/command_line.h"

namespace ingot::cli {
namespace {

CLI::App* add_plain(CLI::App* group,
                    const std::string& name,
                    const std::string& help,
                    CommandLine& line,
                    RemoteAction action) {
    auto* verb = add_verb(
        group, name, help, line, [&line, action = std::move(action)](const Settings& settings) {
            return interruptible([&](const base::Cancellation& scope) {
                return action({settings, line.service, line.form(), scope});
            });
        });
    add_output(verb, line);
    return verb;
}

void add_create(CLI::App* group, CommandLine& line) {
    auto* create = add_plain(
        group, "create", "make one that may sign in", line, [&line](const Remote& remote) {
            return application_create_command(remote, line.application);
        });
    create->add_option("NAME", line.application.name)->required();
    create->add_option("--certificate",
                       line.application.certificate,
                       "a PEM file with the certificate that it signs in with");
    create->add_flag(
        "--password", line.application.password, "make a password, which is printed once");
    create->add_option(
        "--display-name", line.application.display_name, "for people; its name if left out");
}

}  // namespace

void add_application(CLI::App& app, CommandLine& line) {
    auto* group = app.add_subcommand("application",
                                     "programs that sign in to the service: service principals")
                      ->require_subcommand(1);
    add_create(group, line);
    add_plain(group, "list", "all of them", line, application_list_command);
    const auto with_name = [&](const std::string& name, const std::string& help, auto command) {
        auto* verb = add_plain(group, name, help, line, [&line, command](const Remote& remote) {
            return command(remote, line.application.name);
        });
        verb->add_option("NAME", line.application.name)->required();
        return verb;
    };
    with_name("show", "one of them, as JSON", application_show_command);
    with_name("delete", "remove it; it cannot sign in any more", application_delete_command);
    with_name("add-password", "give it one more, printed once", application_add_password_command);
    with_name("remove-password",
              "take one away",
              [&line](const Remote& remote, const std::string& name) {
                  return application_remove_password_command(remote, name, line.id);
              })
        ->add_option("KEY-ID", line.id, "as `show` has it")
        ->required();
}

}  // namespace ingot::cli
