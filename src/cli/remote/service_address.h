// SPDX-License-Identifier: Apache-2.0
// Which service a verb speaks to, how it gets there and as whom: from the command line, the
// environment, or the state folder where a service runs. Looks only; requests are
// service_client.h's job. The rules are docs/decisions/0009-which-service.md.
#pragma once

#include "cli/remote/service_options.h"
#include "cli/settings.h"
#include "os/files.h"

#include <functional>
#include <optional>
#include <string>

namespace ingot::cli {

struct Credentials {
    std::string tenant_id;
    std::string client_id;
    std::string client_secret;
};

struct ServiceAddress {
    std::string url{};                         // https://host:port, without a slash at its end
    os::Path unix_socket{};                    // if given, the way there; its owner needs no token
    os::Path authorities{};                    // PEM; empty: the system's
    std::optional<Credentials> credentials{};  // not needed on a Unix socket
    std::string subscription{};                // empty: the only one that the service shows us

    // As people know it.
    [[nodiscard]] std::string name() const {
        return unix_socket.empty() ? url : "unix:" + unix_socket.string();
    }
};

// The value of an environment variable, or empty.
using Environment = std::function<std::string(const char* name)>;
[[nodiscard]] std::string process_environment(const char* name);

// Whether a verb that also has a meaning without a service is for one.
[[nodiscard]] bool names_service(const ServiceOptions& options,
                                 const Environment& environment = process_environment);

// Throws Error: NotFound "NoService" where none is named and none runs here, InvalidArgument
// "InvalidServiceAddress" and "NoCredentials", each saying what to do.
[[nodiscard]] ServiceAddress find_service(const Settings& settings,
                                          const ServiceOptions& options,
                                          const Environment& environment = process_environment);

}  // namespace ingot::cli
