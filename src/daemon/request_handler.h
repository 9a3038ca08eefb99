// SPDX-License-Identifier: Apache-2.0
// What stands behind the listeners: sends each request to who answers it (resource manager,
// sign-in, downloads, metadata, metrics), and logs and counts it.
#pragma once

#include "daemon/arm_endpoint.h"
#include "daemon/live_pump.h"
#include "daemon/metrics.h"
#include "daemon/run_queue.h"
#include "daemon/service.h"
#include "daemon/sign_in.h"
#include "daemon/vhd_downloads.h"
#include "identity/authenticator.h"
#include "providers/access.h"
#include "sources/catalog.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ingot::daemon {

class RequestHandler {
  public:
    struct Parts {
        const resources::Router& router;
        const providers::Access& access;
        build::RunRepository& runs;
        identity::PrincipalRepository& principals;
        const VhdDownloads& vhds;
        LivePump& live;
        const RunQueue& queue;
        const sources::Catalog& catalog;
        const std::map<std::string, std::shared_ptr<identity::OidcIssuer>>& external;
        const std::vector<TrustedIssuer>& trusted;
        identity::SigningKey token_key;
        std::string tenant_id;
        std::string url;
        std::vector<std::string> audiences;
    };

    explicit RequestHandler(Parts parts);

    // Any thread.
    [[nodiscard]] http::Response answer(const http::Request& request);

  private:
    [[nodiscard]] http::Response dispatch(const http::Request& request);
    [[nodiscard]] std::optional<http::Response> answer_open(const http::Request& request);
    [[nodiscard]] std::optional<http::Response> answer_download(const http::Request& request);
    [[nodiscard]] http::Response answer_metrics(const http::Request& request);
    [[nodiscard]] std::vector<std::unique_ptr<identity::TokenVerifier>> verifiers() const;

    Parts parts_;
    identity::AcceptedAudiences audiences_;
    identity::TokenIssuer issuer_;
    identity::Authenticator authenticator_;
    SignIn sign_in_;
    ArmEndpoint arm_;
    Metrics metrics_;
};

}  // namespace ingot::daemon
