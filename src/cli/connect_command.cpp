// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "cli/service_commands.h"
#include "daemon/service_files.h"
#include "os/child_process.h"

#include <cstdio>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;

struct Known {
    daemon::Administrator administrator;
    std::string url;
    std::string certificate;
};

Known known_service(const Settings& settings) {
    const daemon::ServiceFiles files(settings.state.root());
    const auto administrator = files.administrator();
    const auto url = files.address();
    if (!administrator || url.empty()) {
        throw Error(ErrorKind::NotFound,
                    "NoService",
                    fmt::format("no service was started on the state in {}; start one with `ingot "
                                "serve`",
                                settings.state.root().string()));
    }
    return {*administrator, url, files.authority_certificate().string()};
}

// For a shell: what is in single quotes is taken as it is.
std::string quoted(const std::string& text) {
    std::string result = "'";
    for (const char c : text) {
        result += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return result + "'";
}

void print_environment(const Known& known) {
    const auto line = [](const char* name, const std::string& value) {
        fmt::print("export {}={}\n", name, quoted(value));
    };
    line("INGOT_ENDPOINT", known.url);
    line("AZURE_AUTHORITY_HOST", known.url);
    line("AZURE_TENANT_ID", known.administrator.tenant_id);
    line("AZURE_SUBSCRIPTION_ID", known.administrator.subscription_id);
    line("AZURE_CLIENT_ID", known.administrator.client_id);
    line("AZURE_CLIENT_SECRET", known.administrator.client_secret);
    line("NODE_EXTRA_CA_CERTS", known.certificate);
    line("REQUESTS_CA_BUNDLE", known.certificate);
    line("SSL_CERT_FILE", known.certificate);
}

// A tenant-style authority would make az ask a server of Microsoft's first.
std::string cloud_config(const std::string& url) {
    return boost::json::serialize(boost::json::object{
        {"endpoints",
         {{"resourceManager", url + "/"},
          {"management", url + "/"},
          {"activeDirectory", url + "/adfs"},
          {"activeDirectoryResourceId", url + "/"},
          {"activeDirectoryGraphResourceId", url + "/graph/"},
          {"microsoftGraphResourceId", url + "/msgraph"},
          {"vmImageAliasDoc", url + "/aliases.json"}}},
        {"suffixes", {{"storageEndpoint", url.substr(std::string("https://").size())}}}});
}

void az(std::vector<std::string> arguments, const base::Cancellation& cancellation) {
    const auto program = os::find_program("az");
    if (!program) {
        throw Error(ErrorKind::NotFound,
                    "AzNotFound",
                    "az is not installed (Debian's package is azure-cli); for other clients see "
                    "`ingot connect --env`");
    }
    os::ProcessSpec spec;
    spec.argv = {*program};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    static_cast<void>(os::run_checked(spec, cancellation));
}

void register_cloud(const Known& known, const base::Cancellation& cancellation) {
    const auto config = cloud_config(known.url);
    try {
        az({"cloud", "register", "--name", "Ingot", "--cloud-config", config}, cancellation);
    } catch (const os::ChildFailed&) {
        az({"cloud", "update", "--name", "Ingot", "--cloud-config", config}, cancellation);
    }
    // In its newest profile az 2.45 breaks off several commands before it sends anything.
    az({"cloud", "update", "--name", "Ingot", "--profile", "2020-09-01-hybrid"}, cancellation);
}

}  // namespace

ExitCode connect_command(const Settings& settings,
                         const ConnectOptions& options,
                         const base::Cancellation& cancellation) {
    const auto known = known_service(settings);
    if (options.environment) {
        print_environment(known);
        return ExitCode::Success;
    }
    register_cloud(known, cancellation);
    fmt::print(
        "az knows the cloud Ingot now. To use it in this shell:\n\n"
        "  eval \"$(ingot connect --env)\"\n"
        "  az cloud set --name Ingot\n"
        "  az login --service-principal --tenant \"$AZURE_TENANT_ID\" \\\n"
        "    --username \"$AZURE_CLIENT_ID\" --password \"$AZURE_CLIENT_SECRET\"\n");
    return ExitCode::Success;
}

}  // namespace ingot::cli
