// SPDX-License-Identifier: Apache-2.0
// Ingot's own access tokens, with the claims that Entra ID puts into those of applications. Whether
// the principal has proved itself and may have a token for that audience was decided before.
#pragma once

#include "base/timestamp.h"
#include "identity/key.h"
#include "identity/principal.h"

#include <chrono>
#include <string>
#include <string_view>

namespace ingot::identity {

struct IssuerSettings {
    std::string issuer;  // the "iss" of every token
    std::string tenant_id;
    std::chrono::seconds lifetime = std::chrono::hours(1);
};

struct AccessToken {
    std::string text;
    std::string audience;
    base::Timestamp not_before;
    base::Timestamp expires;
};

// Any thread.
class TokenIssuer {
  public:
    TokenIssuer(IssuerSettings settings, SigningKey key);

    [[nodiscard]] AccessToken issue(const ServicePrincipal& principal,
                                    std::string_view audience,
                                    base::Timestamp now) const;

    [[nodiscard]] const IssuerSettings& settings() const { return settings_; }

    [[nodiscard]] const PublicKey& public_key() const { return key_.public_key(); }

  private:
    IssuerSettings settings_;
    SigningKey key_;
};

}  // namespace ingot::identity
