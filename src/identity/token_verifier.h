// SPDX-License-Identifier: Apache-2.0
// The seam between a bearer token and who sent it: one implementation per kind of issuer, chosen by
// the token's "iss". What the caller may do is permission.h's question.
#pragma once

#include "base/cancellation.h"
#include "base/timestamp.h"
#include "identity/audience.h"
#include "identity/jwt.h"

#include <string>
#include <vector>

namespace ingot::identity {

// Who sent a request, as its token says and its issuer vouches for.
struct Caller {
    std::string object_id;  // what role assignments name
    std::string client_id{};
    std::string tenant_id{};
    std::string managed_identity{};  // the ARM id, of a managed identity only
    base::Timestamp expires{};       // of the token
};

class TokenVerifier {
  public:
    virtual ~TokenVerifier() = default;

    // The "iss" of the tokens it is for.
    [[nodiscard]] virtual const std::string& issuer() const = 0;

    // Throws Error{Unauthenticated} (codes in jwt.h). May fetch the issuer's keys:
    // Error{Unavailable} if that fails, Cancelled. Any thread.
    [[nodiscard]] virtual Caller verify(const UnverifiedJwt& token,
                                        base::Timestamp now,
                                        const base::Cancellation& cancellation) = 0;
};

// Tokens of a TokenIssuer. Never blocks.
class BuiltInTokenVerifier final : public TokenVerifier {
  public:
    // `keys`: those that sign now and those that signed what has not expired yet.
    BuiltInTokenVerifier(std::string issuer,
                         std::string tenant_id,
                         std::vector<PublicKey> keys,
                         AcceptedAudiences audiences);

    [[nodiscard]] const std::string& issuer() const override { return issuer_; }

    [[nodiscard]] Caller verify(const UnverifiedJwt& token,
                                base::Timestamp now,
                                const base::Cancellation& cancellation) override;

  private:
    [[nodiscard]] const PublicKey& key_of(const UnverifiedJwt& token) const;

    std::string issuer_;
    std::string tenant_id_;
    std::vector<PublicKey> keys_;
    AcceptedAudiences audiences_;
};

}  // namespace ingot::identity
