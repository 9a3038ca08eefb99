// SPDX-License-Identifier: Apache-2.0
// The OAuth2 token endpoint as a function over plain values: client credentials by secret, by
// certificate and by a federated token. Reading the form, the path and the limits of the request
// are the server's.
#pragma once

#include "base/cancellation.h"
#include "identity/audience.h"
#include "identity/client_assertion.h"
#include "identity/oauth_error.h"
#include "identity/token_issuer.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::identity {

// By client id, compared without case.
using FindPrincipal = std::function<std::optional<ServicePrincipal>(std::string_view client_id)>;

struct TokenEndpoint {
    const TokenIssuer& issuer;
    const AcceptedAudiences& audiences;          // the resources that tokens are given for
    const std::vector<std::string>& token_urls;  // of all base URLs: token_urls_of()
    FindPrincipal find_principal;
    FindIssuer find_issuer;  // for federated tokens; may be empty
    UsedAssertions& used;
};

struct TokenRequest {
    std::string tenant;  // of the path: "adfs", or a tenant's id
    FormFields form;
    std::string correlation_id{};  // the client's "client-request-id"
};

// What the audience of a certificate's assertion may be, for an endpoint at `base_url`.
[[nodiscard]] std::vector<std::string> token_urls_of(std::string_view base_url,
                                                     std::string_view tenant_id);

// Every refusal of a client is a response. Takes as long as hashing a secret; may fetch keys of an
// external issuer (Error{Unavailable}, Cancelled). Any thread.
[[nodiscard]] TokenResponse answer_token_request(const TokenEndpoint& endpoint,
                                                 const TokenRequest& request,
                                                 base::Timestamp now,
                                                 const base::Cancellation& cancellation);

}  // namespace ingot::identity
