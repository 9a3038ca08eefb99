// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "cli/issuers_file.h"
#include "cli/service_commands.h"
#include "daemon/service.h"
#include "os/signals.h"
#include "os/wait.h"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <limits>

#include <fmt/format.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;

// Long enough for a request, short enough for an impatient service manager.
constexpr auto kGrace = std::chrono::seconds(5);

Error usage(const std::string& what) {
    return {ErrorKind::InvalidArgument, "InvalidOption", what};
}

std::uint16_t port_in(std::string_view text, const std::string& option) {
    std::uint16_t port = 0;
    const auto* end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, port);
    if (result.ec != std::errc() || result.ptr != end) {
        throw usage(fmt::format("{}: '{}' is no port (0 to 65535)", option, text));
    }
    return port;
}

// ADDRESS:PORT, [ADDRESS]:PORT or PORT.
void read_listen(const std::string& text, daemon::ServiceSettings& settings) {
    const auto colon = text.rfind(':');
    settings.port = port_in(colon == std::string::npos ? text : text.substr(colon + 1), "--listen");
    if (colon != std::string::npos) {
        auto address = text.substr(0, colon);
        std::erase_if(address, [](char c) { return c == '[' || c == ']'; });
        settings.address = address == "localhost" ? "127.0.0.1" : address;
    }
}

daemon::ServiceSettings settings_of(const Settings& settings, const ServeOptions& options) {
    daemon::ServiceSettings wanted;
    wanted.database = settings.database;
    wanted.host_names = options.host_names;
    wanted.concurrent_runs = options.concurrent_runs;
    wanted.local_sources = options.local_sources;
    if (!options.listen.empty()) {
        read_listen(options.listen, wanted);
    }
    if (!options.identity_port.empty()) {
        wanted.identity_port = port_in(options.identity_port, "--identity-port");
        wanted.identity_on_any_port = wanted.identity_port == 0;
    }
    if (!options.issuers_file.empty()) {
        wanted.issuers = read_issuers(options.issuers_file);
    }
    return wanted;
}

void print_ready(const daemon::Service& service) {
    fmt::print("ingot is ready at {}\n", service.url());
    if (service.identity_port() != 0) {
        fmt::print(
            "managed identities sign in at "
            "http://localhost:{}/metadata/identity/oauth2/token\n",
            service.identity_port());
    }
    if (service.is_first_start()) {
        fmt::print(
            "This is the first start. To connect clients on this host:\n"
            "  az      ingot connect\n"
            "  SDKs    eval \"$(ingot connect --env)\"\n");
    }
    std::fflush(stdout);
}

}  // namespace

ExitCode serve_command(const Settings& settings, const ServeOptions& options) {
    const base::Cancellation until_signal;
    const os::SignalListener signals(
        [until_signal](int) { until_signal.cancel(base::CancelCause::User); });
    daemon::Service service(settings.state,
                            settings_of(settings, options),
                            {.program = settings.program, .catalog = settings.catalog});
    print_ready(service);
    try {
        os::pause_for(std::chrono::hours(24 * 365 * 100), until_signal);
    } catch (const base::Cancelled&) {
        fmt::print(stderr, "stopping; runs go on\n");
    }
    service.stop(kGrace);
    return ExitCode::Success;
}

}  // namespace ingot::cli
