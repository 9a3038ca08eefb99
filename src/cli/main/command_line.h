// SPDX-License-Identifier: Apache-2.0
// What the words and options on the command line say, collected while CLI11 reads them, and the
// verbs that are defined by theme in *_words.cpp. Each definition sets the action that its words
// select; carrying it out is main.cpp's job.
#pragma once

#include "cli/commands.h"
#include "cli/remote/remote_commands.h"
#include "cli/service_commands.h"

#include <functional>
#include <string>

#include <CLI/CLI.hpp>

namespace ingot::cli {

struct CommandLine {
    std::string state_folder;
    std::string catalog;
    std::string database;
    std::string output;
    std::string id;
    std::string location;
    bool refresh = false;
    bool wait = false;
    bool follow = false;
    ServiceOptions service;
    BuildOptions build;
    bool no_cache = false;
    bool no_warm = false;
    PlanOptions plan;
    DebugOptions debug;
    std::string keep;
    ImageBootOptions boot;
    ImageExportOptions to_export;
    ImageDiffOptions diff;
    ServeOptions serve;
    ConnectOptions connect;
    ApplicationArguments application;
    // What the words on the command line select.
    std::function<ExitCode(const Settings&)> action;

    [[nodiscard]] OutputForm form() const {
        if (output == "json") {
            return OutputForm::Json;
        }
        return output == "text" ? OutputForm::Text : OutputForm::Automatic;
    }
};

using Action = std::function<ExitCode(const Settings& settings)>;
using RemoteAction = std::function<ExitCode(const Remote& remote)>;

// Gives a command without signal handling of its own a scope that Ctrl-C cancels.
[[nodiscard]] ExitCode interruptible(
    const std::function<ExitCode(const base::Cancellation& scope)>& command);

CLI::Option* add_output(CLI::App* command, CommandLine& line);
CLI::App* add_verb(CLI::App* group,
                   const std::string& name,
                   const std::string& help,
                   CommandLine& line,
                   Action action);
// A verb that a service carries out, with --group and --output.
CLI::App* add_remote_verb(CLI::App* group,
                          const std::string& name,
                          const std::string& help,
                          CommandLine& line,
                          RemoteAction action);
// The action for a verb of both kinds: by the service if one is named, else by this host.
[[nodiscard]] Action either(CommandLine& line, RemoteAction remote, Action local);
void add_group_option(CLI::App* command, CommandLine& line);

void add_build(CLI::App& app, CommandLine& line);
void add_cache(CLI::App& app, CommandLine& line);
void add_template(CLI::App& app, CommandLine& line);
void add_image(CLI::App& app, CommandLine& line);
void add_gallery(CLI::App& app, CommandLine& line);
void add_group(CLI::App& app, CommandLine& line);
void add_catalog(CLI::App& app, CommandLine& line);
void add_run(CLI::App& app, CommandLine& line);
void add_doctor(CLI::App& app, CommandLine& line);
void add_service(CLI::App& app, CommandLine& line);
void add_application(CLI::App& app, CommandLine& line);

}  // namespace ingot::cli
