// SPDX-License-Identifier: Apache-2.0
// The verbs around the service: running it, and making other clients know it. As in commands.h.
#pragma once

#include "base/cancellation.h"
#include "cli/exit_code.h"
#include "cli/settings.h"

#include <cstddef>
#include <string>
#include <vector>

namespace ingot::cli {

struct ServeOptions {
    std::string listen{};                   // [ADDRESS:]PORT; empty: 127.0.0.1:8443
    std::vector<std::string> host_names{};  // more names for the certificate
    std::string identity_port{};            // empty: no managed identity endpoint; 0: any
    std::size_t concurrent_runs = 0;        // 0: one per processor
    std::string issuers_file{};
    bool local_sources = false;  // templates may name files on this host's loopback
};

// Serves until SIGTERM or SIGINT; runs in progress go on without it. Hears signals itself.
[[nodiscard]] ExitCode serve_command(const Settings& settings, const ServeOptions& options);

struct ConnectOptions {
    bool environment = false;  // print exports for SDKs and az, and change nothing
};

// Registers the service as the cloud `Ingot` with az and prints how to sign in.
[[nodiscard]] ExitCode connect_command(const Settings& settings,
                                       const ConnectOptions& options,
                                       const base::Cancellation& cancellation);

}  // namespace ingot::cli
