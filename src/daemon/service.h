// SPDX-License-Identifier: Apache-2.0
// The service, put together: stores, resource types, sign-in, the queue of runs and the server in
// front of them. Composition only; each part says in its own header what it does.
#pragma once

#include "build/state_folder.h"
#include "os/files.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ingot::daemon {

// An external OpenID Connect issuer whose tokens are accepted instead of the built-in one's.
struct TrustedIssuer {
    std::string issuer;
    std::string audience;
    std::string jwks_url{};  // empty: from its discovery document
    os::Path authority{};    // PEM, for its HTTPS; empty: the system's authorities
    std::string claim = "oid";
    bool claim_is_object_id = false;
};

struct ServiceSettings {
    std::string address = "127.0.0.1";  // numeric
    std::uint16_t port = 8443;          // 0: any free one
    // Names and addresses by which clients reach the service, besides those of this host.
    std::vector<std::string> host_names{};
    // The managed identity endpoint, in plain HTTP on loopback; 0 for none.
    std::uint16_t identity_port = 0;
    bool identity_on_any_port = false;
    std::size_t concurrent_runs = 0;  // 0: as many as the host has processors for
    std::string database{};           // empty: SQLite in the state folder; or postgresql://…
    std::vector<TrustedIssuer> issuers{};
    bool local_sources = false;  // fetch templates' scripts from this host's loopback, too
};

struct Binaries {
    os::Path program;  // ingot, for workers
    os::Path catalog;
};

class Service {
  public:
    // Answers when it is constructed. Throws Error, saying what to do, if it cannot.
    Service(const build::StateFolder& folder, const ServiceSettings& settings, Binaries binaries);
    // stop() without grace. Workers go on.
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    // https://localhost:8443
    [[nodiscard]] std::string url() const;
    // 0 if there is none.
    [[nodiscard]] std::uint16_t identity_port() const;
    [[nodiscard]] bool is_first_start() const;

    // Lets requests end. Workers go on.
    void stop(std::chrono::milliseconds grace);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace ingot::daemon
