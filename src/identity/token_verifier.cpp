// SPDX-License-Identifier: Apache-2.0
#include "identity/token_verifier.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ingot::identity {

BuiltInTokenVerifier::BuiltInTokenVerifier(std::string issuer,
                                           std::string tenant_id,
                                           std::vector<PublicKey> keys,
                                           AcceptedAudiences audiences)
    : issuer_(std::move(issuer)),
      tenant_id_(std::move(tenant_id)),
      keys_(std::move(keys)),
      audiences_(std::move(audiences)) {}

const PublicKey& BuiltInTokenVerifier::key_of(const UnverifiedJwt& token) const {
    const auto id = text_claim(token.header, "kid");
    const auto found = std::find_if(
        keys_.begin(), keys_.end(), [&](const auto& key) { return key.thumbprint() == id; });
    if (found == keys_.end()) {
        throw token_error(kBadSignature, "the token is signed with a key that is not known here");
    }
    return *found;
}

Caller BuiltInTokenVerifier::verify(const UnverifiedJwt& token,
                                    base::Timestamp now,
                                    const base::Cancellation& /*cancellation*/) {
    constexpr std::array kAllowed = {SignatureAlgorithm::RS256, SignatureAlgorithm::ES256};
    verify_signature(token, key_of(token), kAllowed);
    Caller caller{.object_id = text_claim(token.claims, "oid"),
                  .client_id = text_claim(token.claims, "appid"),
                  .tenant_id = text_claim(token.claims, "tid"),
                  .managed_identity = text_claim(token.claims, "xms_mirid"),
                  .expires = check_times(token.claims, {.now = now})};
    if (!audiences_.accepts_any(audiences_of(token.claims))) {
        throw token_error(kForeignAudience, "the token is not for this service");
    }
    if (text_claim(token.claims, "iss") != issuer_ || caller.tenant_id != tenant_id_ ||
        caller.object_id.empty()) {
        throw token_error(kMalformedToken, "the token is not one of this issuer and tenant");
    }
    return caller;
}

}  // namespace ingot::identity
