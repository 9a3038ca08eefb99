// SPDX-License-Identifier: Apache-2.0
#include "identity/managed_identity_endpoint.h"

#include "identity/jwt.h"

#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace ingot::identity {
namespace {

TokenResponse refuse(std::string_view error, std::string_view description) {
    return {.status = 400, .body = {{"error", error}, {"error_description", description}}};
}

// The resource id has two names: that of IMDS and the newer one of App Service and Arc.
ManagedIdentityName name_in(const FormFields& fields) {
    const auto resource_id = field_of(fields, "msi_res_id");
    return {.client_id = std::string(field_of(fields, "client_id")),
            .object_id = std::string(field_of(fields, "object_id")),
            .resource_id =
                std::string(resource_id.empty() ? field_of(fields, "mi_res_id") : resource_id)};
}

// Numbers as strings, as IMDS writes them. `resource` is repeated in the client's own spelling,
// which it may look for.
TokenResponse granted(const ServicePrincipal& identity,
                      const AccessToken& token,
                      std::string_view resource) {
    const auto expires = numeric_date(token.expires);
    const auto not_before = numeric_date(token.not_before);
    return {.status = 200,
            .body = {{"access_token", token.text},
                     {"client_id", identity.client_id},
                     {"expires_in", std::to_string(expires - not_before)},
                     {"expires_on", std::to_string(expires)},
                     {"not_before", std::to_string(not_before)},
                     {"resource", resource},
                     {"token_type", "Bearer"}}};
}

}  // namespace

TokenResponse answer_managed_identity_request(const ManagedIdentityEndpoint& endpoint,
                                              const ManagedIdentityRequest& request,
                                              base::Timestamp now) {
    if (!request.has_metadata_header) {
        return refuse("invalid_request", "Required metadata header not specified");
    }
    const auto resource = field_of(request.fields, "resource");
    if (resource.empty()) {
        return refuse("invalid_request", "Required query variable 'resource' is missing");
    }
    if (!endpoint.audiences.accepts(resource)) {
        return refuse("invalid_resource",
                      fmt::format("AADSTS500011: The resource principal named {} was not found in "
                                  "the tenant.",
                                  quotable(resource)));
    }
    const auto identity = endpoint.find(name_in(request.fields));
    if (!identity) {
        return refuse("invalid_request", "Identity not found");
    }
    return granted(*identity, endpoint.issuer.issue(*identity, resource, now), resource);
}

}  // namespace ingot::identity
