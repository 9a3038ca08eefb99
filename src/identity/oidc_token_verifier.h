// SPDX-License-Identifier: Apache-2.0
// Bearer tokens of an external OpenID Connect issuer, instead of Ingot's own: its audience, and who
// its subjects are here.
#pragma once

#include "identity/oidc_issuer.h"
#include "identity/token_verifier.h"

#include <memory>
#include <string>

namespace ingot::identity {

struct OidcCallerMapping {
    std::string audience;
    // The claim that names the caller; "sub" if the token does not have it.
    std::string claim = "oid";
    // Whether that claim is the object id which role assignments name, as with Entra ID. Otherwise
    // the object id is made of issuer and claim (caller_object_id()), so that no issuer can name a
    // principal which is not its own.
    bool claim_is_object_id = false;
};

// The object id of a subject of `issuer`: what to assign roles to.
[[nodiscard]] std::string caller_object_id(std::string_view issuer, std::string_view subject);

class OidcTokenVerifier final : public TokenVerifier {
  public:
    OidcTokenVerifier(std::shared_ptr<OidcIssuer> issuer, OidcCallerMapping mapping);

    [[nodiscard]] const std::string& issuer() const override { return issuer_->name(); }

    [[nodiscard]] Caller verify(const UnverifiedJwt& token,
                                base::Timestamp now,
                                const base::Cancellation& cancellation) override;

  private:
    std::shared_ptr<OidcIssuer> issuer_;
    OidcCallerMapping mapping_;
};

}  // namespace ingot::identity
