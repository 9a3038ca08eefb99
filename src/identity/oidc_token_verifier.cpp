// SPDX-License-Identifier: Apache-2.0
#include "identity/oidc_token_verifier.h"

#include "base/uuid.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace ingot::identity {
namespace {

// Entra ID writes appid in its older tokens and azp in the newer; other issuers write azp or
// client_id.
std::string client_of(const boost::json::object& claims) {
    for (const std::string_view name : {"appid", "azp", "client_id"}) {
        if (auto value = text_claim(claims, name); !value.empty()) {
            return value;
        }
    }
    return {};
}

}  // namespace

std::string caller_object_id(std::string_view issuer, std::string_view subject) {
    constexpr std::string_view kUrlNameSpace = "6ba7b811-9dad-11d1-80b4-00c04fd430c8";  // RFC 9562
    return base::name_based_uuid(kUrlNameSpace, fmt::format("{}#{}", issuer, subject));
}

OidcTokenVerifier::OidcTokenVerifier(std::shared_ptr<OidcIssuer> issuer, OidcCallerMapping mapping)
    : issuer_(std::move(issuer)), mapping_(std::move(mapping)) {}

Caller OidcTokenVerifier::verify(const UnverifiedJwt& token,
                                 base::Timestamp now,
                                 const base::Cancellation& cancellation) {
    const auto expires = issuer_->check(token, now, cancellation);
    const auto audiences = audiences_of(token.claims);
    if (std::find(audiences.begin(), audiences.end(), mapping_.audience) == audiences.end()) {
        throw token_error(kForeignAudience, "the token is not for this service");
    }
    auto subject = text_claim(token.claims, mapping_.claim);
    subject = subject.empty() ? text_claim(token.claims, "sub") : subject;
    if (subject.empty()) {
        throw token_error(kMalformedToken, "the token does not name its subject");
    }
    return {.object_id =
                mapping_.claim_is_object_id ? subject : caller_object_id(issuer_->name(), subject),
            .client_id = client_of(token.claims),
            .tenant_id = text_claim(token.claims, "tid"),
            .expires = expires};
}

}  // namespace ingot::identity
