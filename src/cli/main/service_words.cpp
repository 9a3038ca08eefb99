// SPDX-License-Identifier: Apache-2.0
// serve, connect and doctor.
#include "cli/main/command_line.h"

namespace ingot::cli {

void add_doctor(CLI::App& app, CommandLine& line) {
    auto* doctor = app.add_subcommand("doctor", "what this host can do, and what it lacks");
    doctor->callback([&line] {
        line.action = [](const Settings& settings) {
            return interruptible(
                [&](const base::Cancellation& scope) { return doctor_command(settings, scope); });
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
    serve->add_flag("--local-sources",
                    line.serve.local_sources,
                    "let templates name scripts and files on this host's loopback");
    serve->callback([&line] {
        line.action = [&line](const Settings& settings) {
            return serve_command(settings, line.serve);
        };
    });

    auto* connect = app.add_subcommand("connect", "make az and SDKs know the service");
    connect->add_flag("--env", line.connect.environment, "print exports and change nothing");
    connect->callback([&line] {
        line.action = [&line](const Settings& settings) {
            return interruptible([&](const base::Cancellation& scope) {
                return connect_command(settings, line.connect, scope);
            });
        };
    });
}

}  // namespace ingot::cli
