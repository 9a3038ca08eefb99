// SPDX-License-Identifier: Apache-2.0
#include "identity/token_issuer.h"

#include "base/uuid.h"
#include "identity/audience.h"
#include "identity/jwt.h"

#include <utility>

#include <boost/json/value.hpp>

namespace ingot::identity {

TokenIssuer::TokenIssuer(IssuerSettings settings, SigningKey key)
    : settings_(std::move(settings)), key_(std::move(key)) {}

AccessToken TokenIssuer::issue(const ServicePrincipal& principal,
                               std::string_view audience,
                               base::Timestamp now) const {
    AccessToken token{.text = {},
                      .audience = trimmed_resource(audience),
                      .not_before = now,
                      .expires = now + settings_.lifetime};
    boost::json::object claims = {{"iss", settings_.issuer},
                                  {"aud", token.audience},
                                  {"sub", principal.object_id},
                                  {"oid", principal.object_id},
                                  {"appid", principal.client_id},
                                  {"tid", settings_.tenant_id},
                                  {"idtyp", "app"},
                                  {"iat", numeric_date(now)},
                                  {"nbf", numeric_date(now)},
                                  {"exp", numeric_date(token.expires)},
                                  {"uti", base::new_uuid()},
                                  {"ver", "1.0"}};
    if (!principal.resource_id.empty()) {
        claims["xms_mirid"] = principal.resource_id;
    }
    token.text = sign_jwt(key_, claims);
    return token;
}

}  // namespace ingot::identity
