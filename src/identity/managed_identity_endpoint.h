// SPDX-License-Identifier: Apache-2.0
// The managed identity endpoint (IMDS, /metadata/identity/oauth2/token) as a function over plain
// values. Which identities whoever asks may use is the look-up's to decide: a build VM those of its
// template, a process on the host those it was given.
#pragma once

#include "identity/audience.h"
#include "identity/oauth_error.h"
#include "identity/token_issuer.h"

#include <functional>
#include <optional>
#include <string>

namespace ingot::identity {

// At most one member is set; none means the only identity there is.
struct ManagedIdentityName {
    std::string client_id{};
    std::string object_id{};
    std::string resource_id{};
};

using FindManagedIdentity =
    std::function<std::optional<ServicePrincipal>(const ManagedIdentityName& name)>;

struct ManagedIdentityEndpoint {
    const TokenIssuer& issuer;
    const AcceptedAudiences& audiences;
    FindManagedIdentity find;
};

struct ManagedIdentityRequest {
    FormFields fields;  // of the query or the form: resource, client_id | object_id | msi_res_id
    bool has_metadata_header = false;  // "Metadata: true", which a forwarded request cannot have
};

// 200, or 400 with the error: clients try again for minutes after 404, 410, 429 and 5xx.
[[nodiscard]] TokenResponse answer_managed_identity_request(const ManagedIdentityEndpoint& endpoint,
                                                            const ManagedIdentityRequest& request,
                                                            base::Timestamp now);

}  // namespace ingot::identity
