// SPDX-License-Identifier: Apache-2.0
// The proofs of RFC 7523: a token that an application signed with the key of a certificate it has
// registered, or one that an external issuer made for a subject the application has registered.
// What is given for a good proof is token_endpoint.h's job.
#pragma once

#include "base/cancellation.h"
#include "base/digest.h"
#include "identity/jwt.h"
#include "identity/oauth_error.h"
#include "identity/oidc_issuer.h"
#include "identity/principal.h"

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::identity {

// Remembers assertions, so that a stolen one is soon worth nothing. Not after the first use: MSAL
// keeps an assertion for its ten minutes and presents it for every resource, several times at once
// if so asked. Any thread.
class UsedAssertions {
  public:
    explicit UsedAssertions(std::chrono::seconds reusable_for = std::chrono::minutes(10),
                            std::size_t capacity = 100'000);

    // False if the assertion was first seen longer ago than it may be used again. Beyond the
    // capacity the oldest are forgotten.
    [[nodiscard]] bool admit(const base::Sha256Digest& assertion,
                             base::Timestamp now,
                             base::Timestamp expires);

  private:
    struct Use {
        base::Timestamp first;
        base::Timestamp expires;
    };

    void forget_old(base::Timestamp now);

    std::chrono::seconds reusable_for_;
    std::size_t capacity_;
    std::mutex mutex_;
    std::map<base::Sha256Digest, Use> uses_;
    std::deque<base::Sha256Digest> order_;  // by first use
};

struct CertificateProof {
    std::string_view text;  // the assertion as it came
    const UnverifiedJwt& token;
    // The audiences that mean this endpoint. From the configuration, not from the request's Host:
    // whoever sends that would choose for whom an assertion was made.
    const std::vector<std::string>& audiences;
    UsedAssertions& used;
};

// Nothing if the proof holds.
[[nodiscard]] std::optional<OAuthError> check_certificate_proof(const ServicePrincipal& principal,
                                                                const CertificateProof& proof,
                                                                base::Timestamp now);

// The issuer of that name, if the configuration trusts it.
using FindIssuer = std::function<OidcIssuer*(std::string_view issuer)>;

// Nothing if the proof holds. May fetch the issuer's keys: Error{Unavailable}, Cancelled.
[[nodiscard]] std::optional<OAuthError> check_federated_proof(
    const ServicePrincipal& principal,
    const UnverifiedJwt& token,
    const FindIssuer& find_issuer,
    base::Timestamp now,
    const base::Cancellation& cancellation);

}  // namespace ingot::identity
