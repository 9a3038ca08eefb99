// SPDX-License-Identifier: Apache-2.0
#include "daemon/service.h"

#include "base/error.h"
#include "daemon/arm_endpoint.h"
#include "daemon/first_start.h"
#include "daemon/live_pump.h"
#include "daemon/provisioner.h"
#include "daemon/request_handler.h"
#include "daemon/resource_types.h"
#include "daemon/run_queue.h"
#include "daemon/service_files.h"
#include "daemon/sign_in.h"
#include "daemon/vhd_downloads.h"
#include "http/server.h"
#include "identity/oidc_token_verifier.h"
#include "providers/resource_providers.h"
#include "store/change_watch.h"
#include "store/connection_pool.h"
#include "store/image_store.h"
#include "store/principal_store.h"
#include "store/resource_store.h"
#include "store/run_store.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

namespace ingot::daemon {
namespace {

constexpr std::string_view kService = "arm";
constexpr std::string_view kIdentity = "identity";

using ExternalIssuers = std::map<std::string, std::shared_ptr<identity::OidcIssuer>>;

std::string this_host() {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

http::ServerNames names_of(const ServiceSettings& settings) {
    http::ServerNames names{.dns = {"localhost", this_host()}, .addresses = {"127.0.0.1", "::1"}};
    for (const auto& name : settings.host_names) {
        const bool is_address = name.find_first_not_of("0123456789.") == std::string::npos ||
                                name.find(':') != std::string::npos;
        (is_address ? names.addresses : names.dns).push_back(name);
    }
    return names;
}

http::ServerOptions options_of(const ServiceSettings& settings, const ServiceFiles& files) {
    http::ServerOptions options;
    options.tcp.push_back({.name = std::string(kService),
                           .address = settings.address,
                           .port = settings.port,
                           .tls = true});
    if (settings.identity_port != 0 || settings.identity_on_any_port) {
        options.tcp.push_back({.name = std::string(kIdentity),
                               .address = "127.0.0.1",
                               .port = settings.identity_port,
                               .tls = false});
    }
    options.unix_sockets.push_back({.name = "socket", .path = files.socket()});
    options.refusal = refusal_of_request;
    options.identity = files.certificate_for(names_of(settings), base::now());
    return options;
}

ExternalIssuers external_issuers(const ServiceSettings& settings) {
    ExternalIssuers issuers;
    for (const auto& one : settings.issuers) {
        issuers.emplace(
            one.issuer,
            std::make_shared<identity::OidcIssuer>(
                identity::OidcIssuerSettings{.issuer = one.issuer, .jwks_url = one.jwks_url},
                identity::fetch_by_http(one.authority)));
    }
    return issuers;
}

// The URLs by which this service is known are also the resources that its tokens are for.
std::vector<std::string> own_audiences(const ServiceSettings& settings, const std::string& url) {
    const auto port = url.substr(url.rfind(':'));
    std::vector<std::string> audiences;
    for (const auto& names : {names_of(settings).dns, names_of(settings).addresses}) {
        for (const auto& name : names) {
            audiences.push_back("https://" + name + port);
        }
    }
    return audiences;
}

}  // namespace

// In the order in which each stands on what is before it.
struct Service::Parts {
    const build::StateFolder folder;
    const ServiceSettings settings;
    const Binaries binaries;
    const ServiceFiles files;
    store::ConnectionPool database;
    store::ChangeWatch changes;
    store::ResourceStore resources;
    store::ImageStore images;
    store::RunStore runs;
    store::PrincipalStore principals;
    const artifact::ArtifactStorage storage;
    const sources::Catalog catalog;
    providers::Access access;
    const FirstStart start;
    const providers::Services services;
    const execution::LocalExecutor executor;
    LivePump live;
    VhdDownloads vhds;
    providers::TemplateLife life;
    const ResourceTypes types;
    ExternalIssuers external;
    std::optional<RunQueue> queue;
    std::optional<Provisioner> provisioner;
    std::optional<RequestHandler> requests;
    std::atomic<bool> is_ready = false;
    std::optional<http::Server> server;

    Parts(const build::StateFolder& state, const ServiceSettings& wanted, Binaries found)
        : folder(state),
          settings(wanted),
          binaries(std::move(found)),
          files(state.root()),
          database(wanted.database.empty() ? state.database().string() : wanted.database),
          changes(wanted.database.empty() ? state.database().string() : wanted.database),
          resources(database),
          images(database),
          runs(database),
          principals(database),
          storage(state.artifacts()),
          catalog(sources::Catalog::load(binaries.catalog)),
          access(resources),
          start(first_start(files, {resources, principals, access})),
          services{.resources = resources,
                   .images = images,
                   .runs = runs,
                   .principals = principals,
                   .storage = storage,
                   .catalog = catalog,
                   .tenant_id = start.administrator.tenant_id},
          executor(folder, binaries.program, worker_arguments(), worker_environment()),
          vhds(images, state.vhds(), files.signing_secret()),
          life(template_life()),
          types(services, life, access, [this] { return changes.data_version(); }),
          external(external_issuers(settings)) {
        if (start.is_first) {
            providers::register_served(
                resources, types.router(), start.administrator.subscription_id);
        }
        queue.emplace(RunQueue::Services{.runs = runs,
                                         .images = images,
                                         .storage = storage,
                                         .folder = folder,
                                         .executor = executor,
                                         .on_progress = [this] { live.poke(); }},
                      run_limit());
        provisioner.emplace(services, life);
        // Listens before it knows its port, which tokens name; nobody is told the address yet.
        server.emplace(options_of(settings, files), [this](http::Request&& request) {
            return is_ready ? requests->answer(request) : http::Response{.status = 503};
        });
        requests.emplace(request_parts());
        is_ready = true;
        files.keep_address(url());
    }

    [[nodiscard]] std::string url() const {
        return fmt::format("https://localhost:{}", server->port(kService));
    }

    [[nodiscard]] std::size_t run_limit() const {
        return settings.concurrent_runs != 0
                   ? settings.concurrent_runs
                   : std::max<std::size_t>(1, std::thread::hardware_concurrency());
    }

    [[nodiscard]] std::vector<std::string> worker_arguments() const {
        return {"--state-dir", folder.root().string(), "--catalog", binaries.catalog.string()};
    }

    // Not among the arguments, which everybody on the host can read: it may hold a password.
    [[nodiscard]] std::map<std::string, std::string> worker_environment() const {
        return settings.database.empty()
                   ? std::map<std::string, std::string>()
                   : std::map<std::string, std::string>{{"INGOT_DATABASE", settings.database}};
    }

    [[nodiscard]] providers::TemplateLife template_life() {
        return {.may =
                    [this](const std::string& object_id,
                           const std::string& action,
                           const std::string& scope) {
                        return access.may({.object_id = object_id}, action, scope);
                    },
                .provision = [this](const std::string& id) { provisioner->add(id); },
                .run_recorded = [this] { queue->wake(); },
                .cancel_run = [this](const std::string& id) { queue->cancel(id); },
                .staging = folder.root() / "staging",
                .vhds = folder.vhds(),
                .local_sources = settings.local_sources,
                .vhd_url = [this](const std::string& base_url,
                                  const std::string& name,
                                  bool is_signed) { return vhds.url(base_url, name, is_signed); }};
    }

    [[nodiscard]] RequestHandler::Parts request_parts() {
        return {.router = types.router(),
                .access = access,
                .runs = runs,
                .principals = principals,
                .vhds = vhds,
                .live = live,
                .queue = *queue,
                .catalog = catalog,
                .external = external,
                .trusted = settings.issuers,
                .token_key = files.token_key(),
                .tenant_id = start.administrator.tenant_id,
                .url = url(),
                .audiences = own_audiences(settings, url())};
    }
};

Service::Service(const build::StateFolder& folder,
                 const ServiceSettings& settings,
                 Binaries binaries)
    : parts_(std::make_unique<Parts>(folder, settings, std::move(binaries))) {}

Service::~Service() {
    stop(std::chrono::milliseconds(0));
}

std::string Service::url() const {
    return parts_->url();
}

std::uint16_t Service::identity_port() const {
    const auto& settings = parts_->settings;
    return settings.identity_port != 0 || settings.identity_on_any_port
               ? parts_->server->port(kIdentity)
               : std::uint16_t{0};
}

bool Service::is_first_start() const {
    return parts_->start.is_first;
}

void Service::stop(std::chrono::milliseconds grace) {
    if (parts_->server) {
        parts_->server->stop(grace);
    }
}

}  // namespace ingot::daemon
