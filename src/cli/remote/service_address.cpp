// SPDX-License-Identifier: Apache-2.0
#include "cli/remote/service_address.h"

#include "base/error.h"
#include "daemon/service_files.h"
#include "os/unix_socket.h"

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::string_view kSocket = "unix:";

// What a service that was started on the state folder left there for clients of this host.
struct Neighbour {
    os::Path socket;
    std::string url;
    os::Path authorities;
    std::optional<daemon::Administrator> administrator;
};

std::optional<Neighbour> neighbour(const Settings& settings) {
    if (!std::filesystem::exists(settings.state.root() / "service")) {
        return std::nullopt;  // asking for its files would make the folder
    }
    const daemon::ServiceFiles files(settings.state.root());
    return Neighbour{
        files.socket(), files.address(), files.authority_certificate(), files.administrator()};
}

bool answers(const os::Path& socket) {
    try {
        return std::filesystem::exists(socket) && os::connect_unix(socket).get() >= 0;
    } catch (const base::SystemError&) {
        return false;
    }
}

std::string service_named(const ServiceOptions& options, const Environment& environment) {
    return options.service.empty() ? environment("INGOT_SERVICE") : options.service;
}

bool is_loopback(std::string_view host) {
    return host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]");
}

std::string checked_url(std::string url) {
    while (url.ends_with('/')) {
        url.pop_back();
    }
    constexpr std::string_view kPlainHttp = "http://";
    const bool good = url.starts_with("https://") ||
                      (url.starts_with(kPlainHttp) &&
                       is_loopback(std::string_view(url).substr(kPlainHttp.size())));
    if (!good) {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidServiceAddress",
                    fmt::format("'{}' is no address of a service: https://HOST:PORT or "
                                "unix:/PATH/TO/ingot.sock is expected",
                                url));
    }
    return url;
}

ServiceAddress by_socket(const os::Path& socket, const std::optional<Neighbour>& here) {
    ServiceAddress address{.url = "http://localhost", .unix_socket = socket};
    if (here && here->administrator && here->socket == socket) {
        address.subscription = here->administrator->subscription_id;
    }
    return address;
}

std::optional<Credentials> credentials_of(const Environment& environment) {
    Credentials found{environment("AZURE_TENANT_ID"),
                      environment("AZURE_CLIENT_ID"),
                      environment("AZURE_CLIENT_SECRET")};
    const bool whole =
        !found.tenant_id.empty() && !found.client_id.empty() && !found.client_secret.empty();
    return whole ? std::optional(std::move(found)) : std::nullopt;
}

// What the environment does not say about our own neighbour, its files do.
void complete_from(const Neighbour& here, ServiceAddress& address) {
    if (address.authorities.empty()) {
        address.authorities = here.authorities;
    }
    if (!here.administrator) {
        return;
    }
    const auto& administrator = *here.administrator;
    if (!address.credentials) {
        address.credentials = Credentials{
            administrator.tenant_id, administrator.client_id, administrator.client_secret};
    }
    if (address.subscription.empty()) {
        address.subscription = administrator.subscription_id;
    }
}

ServiceAddress by_url(std::string url,
                      const std::optional<Neighbour>& here,
                      const Environment& environment) {
    ServiceAddress address{.url = checked_url(std::move(url)),
                           .authorities = environment("SSL_CERT_FILE"),
                           .credentials = credentials_of(environment),
                           .subscription = environment("AZURE_SUBSCRIPTION_ID")};
    if (here && here->url == address.url) {
        complete_from(*here, address);
    }
    if (!address.credentials) {
        throw Error(ErrorKind::InvalidArgument,
                    "NoCredentials",
                    fmt::format("to sign in at {}, AZURE_TENANT_ID, AZURE_CLIENT_ID and "
                                "AZURE_CLIENT_SECRET are needed; `ingot connect --env` prints them "
                                "on the host of the service",
                                address.url));
    }
    return address;
}

Error no_service(const Settings& settings) {
    return {ErrorKind::NotFound,
            "NoService",
            fmt::format("no service runs on the state in {}. Start one with `ingot serve`, or name "
                        "one with --service URL",
                        settings.state.root().string())};
}

}  // namespace

std::string process_environment(const char* name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in Ingot calls setenv
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

bool names_service(const ServiceOptions& options, const Environment& environment) {
    return !service_named(options, environment).empty();
}

ServiceAddress find_service(const Settings& settings,
                            const ServiceOptions& options,
                            const Environment& environment) {
    const auto here = neighbour(settings);
    auto named = service_named(options, environment);
    if (named.empty()) {
        named = environment("INGOT_ENDPOINT");
    }
    if (named.empty() && (!here || !answers(here->socket))) {
        throw no_service(settings);
    }
    ServiceAddress address;
    if (named.empty()) {
        address = by_socket(here->socket, here);
    } else if (named.starts_with(kSocket)) {
        address = by_socket(std::filesystem::absolute(named.substr(kSocket.size())), here);
    } else {
        address = by_url(std::move(named), here, environment);
    }
    if (!options.subscription.empty()) {
        address.subscription = options.subscription;
    }
    return address;
}

}  // namespace ingot::cli
