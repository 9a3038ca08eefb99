// SPDX-License-Identifier: Apache-2.0
// The command line of `ingot`: which words and options there are, and how what they throw becomes a
// message and an exit code. What they do is in cli/*_command.cpp.
#include "base/error.h"
#include "cli/commands.h"
#include "cli/service_commands.h"
#include "os/signals.h"

#include <csignal>
#include <cstdio>
#include <functional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace {

using ingot::base::Cancellation;
using ingot::cli::ExitCode;
using ingot::cli::OutputForm;
using ingot::cli::Settings;

struct CommandLine {
    std::string state_folder;
    std::string catalog;
    std::string database;
    std::string output;
    std::string id;
    bool refresh = false;
    ingot::cli::BuildOptions build;
    ingot::cli::ImageBootOptions boot;
    ingot::cli::ImageExportOptions to_export;
    ingot::cli::ServeOptions serve;
    ingot::cli::ConnectOptions connect;
    // What the words on the command line select.
    std::function<ExitCode(const Settings&)> action;

    [[nodiscard]] OutputForm form() const {
        if (output == "json") {
            return OutputForm::Json;
        }
        return output == "text" ? OutputForm::Text : OutputForm::Automatic;
    }
};

// Gives a command without signal handling of its own a scope that Ctrl-C cancels.
template <typename Command>
ExitCode interruptible(const Command& command) {
    const Cancellation scope;
    const ingot::os::SignalListener signals(
        [scope](int) { scope.cancel(ingot::base::CancelCause::User); });
    return command(scope);
}

CLI::Option* add_output(CLI::App* command, CommandLine& line) {
    return command->add_option("--output,-o", line.output, "text or json")
        ->check(CLI::IsMember({"text", "json"}));
}

void add_template_options(CLI::App* command, ingot::cli::TemplateArguments& arguments) {
    command->add_option("TEMPLATE", arguments.file, "the template's file")->required();
    command->add_option("--param,-p", arguments.parameters, "a parameter of an ARM template")
        ->type_name("NAME=VALUE")
        ->take_all();
    command->add_option(
        "--parameters", arguments.parameters_file, "a parameters file of an ARM template");
    command->add_option("--api-version", arguments.api_version, "wins over the template's own");
    command->add_option("--name,-n", arguments.name, "for a template that has no name");
}

void add_build(CLI::App& app, CommandLine& line) {
    auto* build = app.add_subcommand("build", "build the images of a template, here and now");
    add_template_options(build, line.build.image_template);
    add_output(build, line);
    build->add_flag("--keep-vm-on-error",
                    line.build.keep_vm_on_error,
                    "keep the VM of a failed step, to look at it with `ingot run shell`");
    build->callback([&line] {
        line.action = [&line](const Settings& settings) {
            line.build.output = line.form();
            return ingot::cli::build_command(settings, line.build);
        };
    });

    auto* worker = app.add_subcommand("worker", "")->group("");  // executors start it
    worker->add_option("RUN", line.id)->required();
    worker->callback([&line] {
        line.action = [&line](const Settings& settings) {
            return ingot::cli::worker_command(settings, line.id);
        };
    });
}

void add_template(CLI::App& app, CommandLine& line) {
    auto* group = app.add_subcommand("template", "image templates")->require_subcommand(1);
    auto* check = group->add_subcommand("check", "say all that is wrong with a template");
    add_template_options(check, line.build.image_template);
    add_output(check, line);
    check->callback([&line] {
        line.action = [&line](const Settings&) {
            return ingot::cli::template_check_command(line.build.image_template, line.form());
        };
    });
}

CLI::App* add_verb(CLI::App* group,
                   const std::string& name,
                   const std::string& help,
                   CommandLine& line,
                   std::function<ExitCode(const Settings&)> action) {
    auto* verb = group->add_subcommand(name, help);
    verb->callback([&line, action = std::move(action)] { line.action = action; });
    return verb;
}

void add_image(CLI::App& app, CommandLine& line) {
    auto* group = app.add_subcommand("image", "published images")->require_subcommand(1);
    add_output(add_verb(group,
                        "list",
                        "all of them",
                        line,
                        [&line](const Settings& settings) {
                            return ingot::cli::image_list_command(settings, line.form());
                        }),
               line);
    add_verb(group,
             "show",
             "one of them, as JSON",
             line,
             [&line](const Settings& settings) {
                 return ingot::cli::image_show_command(settings, line.id);
             })
        ->add_option("ID", line.id, "ARM id, gallery/definition[/version], or name")
        ->required();
    add_verb(group,
             "delete",
             "remove one",
             line,
             [&line](const Settings& settings) {
                 return ingot::cli::image_delete_command(settings, line.id);
             })
        ->add_option("ID", line.id)
        ->required();

    auto* boot = add_verb(
        group, "boot", "start a throw-away VM from one", line, [&line](const Settings& settings) {
            return interruptible([&](const Cancellation& scope) {
                return ingot::cli::image_boot_command(settings, line.boot, scope);
            });
        });
    boot->add_option("ID", line.boot.id)->required();
    boot->add_option("--command,-c", line.boot.command, "run this in it instead of a shell");
    boot->add_flag("--console", line.boot.console, "show its serial console");

    auto* to_export =
        add_verb(group, "export", "write one to a file", line, [&line](const Settings& settings) {
            return interruptible([&](const Cancellation& scope) {
                return ingot::cli::image_export_command(settings, line.to_export, scope);
            });
        });
    to_export->add_option("ID", line.to_export.id)->required();
    to_export->add_option("--format,-f", line.to_export.format)
        ->required()
        ->check(CLI::IsMember({"raw", "qcow2", "vhd"}));
    to_export->add_option("FILE", line.to_export.file)->required();
}

void add_catalog(CLI::App& app, CommandLine& line) {
    auto* group = app.add_subcommand("catalog", "platform images")->require_subcommand(1);
    add_output(add_verb(group,
                        "list",
                        "what there is",
                        line,
                        [&line](const Settings& settings) {
                            return interruptible([&](const Cancellation& scope) {
                                return ingot::cli::catalog_list_command(
                                    settings, line.form(), scope);
                            });
                        }),
               line);
    auto* pull = add_verb(
        group, "pull", "make or download one now", line, [&line](const Settings& settings) {
            return interruptible([&](const Cancellation& scope) {
                return ingot::cli::catalog_pull_command(settings, line.id, line.refresh, scope);
            });
        });
    pull->add_option("URN", line.id, "publisher:offer:sku:version")->required();
    pull->add_flag("--refresh", line.refresh, "make it anew");
}

void add_run(CLI::App& app, CommandLine& line) {
    auto* group = app.add_subcommand("run", "what was built, and how")->require_subcommand(1);
    add_output(add_verb(group,
                        "list",
                        "all runs",
                        line,
                        [&line](const Settings& settings) {
                            return ingot::cli::run_list_command(settings, line.form());
                        }),
               line);
    const auto with_id = [&](const std::string& name, const std::string& help, auto command) {
        add_verb(group,
                 name,
                 help,
                 line,
                 [&line, command](const Settings& settings) { return command(settings, line.id); })
            ->add_option("RUN", line.id, "id, its beginning, or latest")
            ->required();
    };
    with_id("show", "one run with its steps, as JSON", ingot::cli::run_show_command);
    with_id("logs", "its customization.log", ingot::cli::run_logs_command);
    with_id("cancel", "end it", ingot::cli::run_cancel_command);
    with_id("shell",
            "a shell in the VM that a failed run kept",
            [](const Settings& settings, const std::string& id) {
                return interruptible([&](const Cancellation& scope) {
                    return ingot::cli::run_shell_command(settings, id, scope);
                });
            });
}

void add_doctor(CLI::App& app, CommandLine& line) {
    auto* doctor = app.add_subcommand("doctor", "what this host can do, and what it lacks");
    doctor->callback([&line] {
        line.action = [](const Settings& settings) {
            return interruptible([&](const Cancellation& scope) {
                return ingot::cli::doctor_command(settings, scope);
            });
        };
    });
}

void add_service(CLI::App& app, CommandLine& line) {
    auto* serve = app.add_subcommand("serve", "be the service: Azure Resource Manager for images");
    serve->add_option("--listen", line.serve.listen, "[ADDRESS:]PORT (default 127.0.0.1:8443)");
    serve->add_option("--host", line.serve.host_names, "a name or address by which clients come")
        ->take_all();
    serve->add_option("--identity-port",
                      line.serve.identity_port,
                      "serve managed identities on this port of loopback");
    serve->add_option(
        "--runs", line.serve.concurrent_runs, "runs at once (default: one per processor)");
    serve->add_option(
        "--issuers", line.serve.issuers_file, "trusted OpenID Connect issuers, as JSON");
    serve->callback([&line] {
        line.action = [&line](const Settings& settings) {
            return ingot::cli::serve_command(settings, line.serve);
        };
    });

    auto* connect = app.add_subcommand("connect", "make az and SDKs know the service");
    connect->add_flag("--env", line.connect.environment, "print exports and change nothing");
    connect->callback([&line] {
        line.action = [&line](const Settings& settings) {
            return interruptible([&](const Cancellation& scope) {
                return ingot::cli::connect_command(settings, line.connect, scope);
            });
        };
    });
}

ExitCode exit_code_of(const ingot::base::Error& error) {
    using ingot::base::ErrorKind;
    if (error.kind() == ErrorKind::NotFound) {
        return ExitCode::NotFound;
    }
    const bool asked_wrongly =
        error.kind() == ErrorKind::InvalidArgument || error.kind() == ErrorKind::AlreadyExists;
    return asked_wrongly ? ExitCode::Usage : ExitCode::Internal;
}

ExitCode act(const CommandLine& line) {
    try {
        return line.action(
            ingot::cli::find_settings(line.state_folder, line.catalog, line.database));
    } catch (const ingot::base::Cancelled& cancelled) {
        fmt::print(stderr, "ingot: {}\n", cancelled.what());
        return ExitCode::Canceled;
    } catch (const ingot::base::Error& error) {
        fmt::print(stderr, "ingot: {} ({})\n", error.message(), error.code());
        return exit_code_of(error);
    } catch (const std::exception& error) {
        fmt::print(stderr, "ingot: internal error: {}\n", error.what());
        return ExitCode::Internal;
    }
}

}  // namespace

int main(int argc, char** argv) {
    // A window's new size is heard by the one thread that shows it; a closed pipe is an error.
    sigset_t quiet;
    sigemptyset(&quiet);
    sigaddset(&quiet, SIGWINCH);
    pthread_sigmask(SIG_BLOCK, &quiet, nullptr);
    std::signal(SIGPIPE, SIG_IGN);

    CommandLine line;
    CLI::App app("Ingot builds golden virtual-machine images from Azure image templates.", "ingot");
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--state-dir", line.state_folder, "where Ingot keeps its state");
    app.add_option("--catalog", line.catalog, "the folder of platform images");
    app.add_option(
        "--database", line.database, "a PostgreSQL database (postgresql://…) instead of SQLite");
    app.set_version_flag("--version", INGOT_VERSION);
    add_build(app, line);
    add_template(app, line);
    add_image(app, line);
    add_catalog(app, line);
    add_run(app, line);
    add_doctor(app, line);
    add_service(app, line);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::Usage);
    }
    return static_cast<int>(act(line));
}
