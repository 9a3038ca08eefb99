// SPDX-License-Identifier: Apache-2.0
// The command line of `ingot`: which words and options there are, and how what they throw becomes a
// message and an exit code. Which words belong to a theme is in main/*_words.cpp, what they do in
// cli/*_command.cpp and cli/remote/.
#include "base/error.h"
#include "cli/main/command_line.h"
#include "cli/remote/service_error.h"

#include <csignal>
#include <cstdio>
#include <system_error>

#include <fmt/format.h>

namespace {

using ingot::cli::CommandLine;
using ingot::cli::ExitCode;

ExitCode exit_code_of(const ingot::base::Error& error) {
    using ingot::base::ErrorKind;
    if (error.kind() == ErrorKind::NotFound) {
        return ExitCode::NotFound;
    }
    const bool asked_wrongly =
        error.kind() == ErrorKind::InvalidArgument || error.kind() == ErrorKind::AlreadyExists;
    return asked_wrongly ? ExitCode::Usage : ExitCode::Internal;
}

// What the service says of parts of a request, and what a person can do about all of it.
ExitCode report(const ingot::cli::ServiceError& error) {
    fmt::print(stderr, "ingot: {} ({})\n", error.message(), error.code());
    for (const auto& detail : error.details()) {
        if (detail.message != error.message()) {
            fmt::print(stderr, "  {} {}\n", detail.target, detail.message);
        }
    }
    if (const auto advice = error.advice(); !advice.empty()) {
        fmt::print(stderr, "{}\n", advice);
    }
    return error.kind() == ingot::base::ErrorKind::NotFound ? ExitCode::NotFound
                                                            : ExitCode::Service;
}

// Whoever reads our output has seen enough (`ingot run logs latest | head`): no error, and the end
// that a shell expects of a program in a pipe.
void end_by_closed_pipe() {
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
}

ExitCode act(const CommandLine& line) {
    try {
        return line.action(
            ingot::cli::find_settings(line.state_folder, line.catalog, line.database));
    } catch (const ingot::base::Cancelled& cancelled) {
        fmt::print(stderr, "ingot: {}\n", cancelled.what());
        return ExitCode::Canceled;
    } catch (const ingot::cli::ServiceError& error) {
        return report(error);
    } catch (const ingot::base::Error& error) {
        fmt::print(stderr, "ingot: {} ({})\n", error.message(), error.code());
        return exit_code_of(error);
    } catch (const std::system_error& error) {
        if (error.code() == std::errc::broken_pipe) {
            end_by_closed_pipe();
        }
        fmt::print(stderr, "ingot: {}\n", error.what());
        return ExitCode::Internal;
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
    app.add_option("--service",
                   line.service.service,
                   "the service to speak to: https://HOST:PORT or unix:PATH (or INGOT_SERVICE)");
    app.add_option("--subscription", line.service.subscription, "a subscription of the service");
    ingot::cli::add_build(app, line);
    ingot::cli::add_cache(app, line);
    ingot::cli::add_template(app, line);
    ingot::cli::add_run(app, line);
    ingot::cli::add_image(app, line);
    ingot::cli::add_gallery(app, line);
    ingot::cli::add_group(app, line);
    ingot::cli::add_catalog(app, line);
    ingot::cli::add_service(app, line);
    ingot::cli::add_application(app, line);
    ingot::cli::add_doctor(app, line);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::Usage);
    }
    return static_cast<int>(act(line));
}
