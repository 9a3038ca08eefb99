// SPDX-License-Identifier: Apache-2.0
// The sign-in endpoints over HTTP: OAuth2 tokens, OpenID documents and keys in the ADFS and in the
// tenant style, instance discovery, and the managed identity endpoint. What a proof is worth is
// identity/'s knowledge.
#pragma once

#include "base/cancellation.h"
#include "http/message.h"
#include "identity/audience.h"
#include "identity/client_assertion.h"
#include "identity/principal_repository.h"
#include "identity/token_issuer.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ingot::daemon {

class SignIn {
  public:
    struct Parts {
        const identity::TokenIssuer& issuer;
        const identity::AcceptedAudiences& audiences;
        identity::PrincipalRepository& principals;
        // The trusted external issuers, by name.
        const std::map<std::string, std::shared_ptr<identity::OidcIssuer>>& external;
        std::string public_url;  // https://localhost:8443
    };

    explicit SignIn(Parts parts);

    // Nothing for a path that is none of these. Any thread.
    [[nodiscard]] std::optional<http::Response> answer(const http::Request& request);

    // GET or POST /metadata/identity/oauth2/token, for the plain listener that only processes of
    // this host reach. Everything else there is not found.
    [[nodiscard]] http::Response answer_managed_identity(const http::Request& request) const;

  private:
    [[nodiscard]] http::Response token(const http::Request& request, const std::string& tenant);
    [[nodiscard]] http::Response openid(const std::string& base_url,
                                        const std::string& tenant) const;
    [[nodiscard]] std::optional<http::Response> answer_get(
        const http::Request& request, const std::vector<std::string>& segments) const;

    Parts parts_;
    std::vector<std::string> token_urls_;
    identity::UsedAssertions used_;
    base::Cancellation scope_;
};

}  // namespace ingot::daemon
