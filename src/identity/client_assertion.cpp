// SPDX-License-Identifier: Apache-2.0
#include "identity/client_assertion.h"

#include "base/ascii.h"
#include "identity/audience.h"
#include "identity/certificate.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace ingot::identity {
namespace {

using base::equal_ignoring_case;

constexpr std::chrono::hours kLongestAssertion{24};

OAuthError bad_signature(std::string_view reason) {
    return invalid_client(
        700027,
        fmt::format("Client assertion contains an invalid signature. [Reason - {}]", reason));
}

// msal-python pads the thumbprint, and some write it in the other alphabet.
std::string bare_thumbprint(std::string text) {
    text.erase(std::min(text.find('='), text.size()));
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

const ClientCertificate* find_certificate(const ServicePrincipal& principal,
                                          const UnverifiedJwt& token) {
    const auto sha1 = bare_thumbprint(text_claim(token.header, "x5t"));
    const auto sha256 = bare_thumbprint(text_claim(token.header, "x5t#S256"));
    for (const auto& certificate : principal.certificates) {
        if (sha256.empty() ? !sha1.empty() && certificate.x5t == sha1
                           : certificate.x5t_s256 == sha256) {
            return &certificate;
        }
    }
    return nullptr;
}

std::optional<OAuthError> check_certificate(const ServicePrincipal& principal,
                                            const UnverifiedJwt& token,
                                            base::Timestamp now) {
    const auto* registered = find_certificate(principal, token);
    if (registered == nullptr) {
        return bad_signature("The key was not found.");
    }
    const auto certificate = PublicCertificate::from_pem(registered->pem);
    if (!certificate.key().verifies(token.algorithm, token.signing_input, token.signature)) {
        return bad_signature("The provided signature value did not match the expected one.");
    }
    if (now < certificate.not_before() || now >= certificate.not_after()) {
        return bad_signature("The key used is expired or not valid yet.");
    }
    return std::nullopt;
}

bool names_endpoint(const UnverifiedJwt& token, const std::vector<std::string>& endpoint) {
    const auto audiences = audiences_of(token.claims);
    return std::any_of(audiences.begin(), audiences.end(), [&](const auto& audience) {
        return std::any_of(endpoint.begin(), endpoint.end(), [&](const auto& url) {
            return equal_ignoring_case(trimmed_resource(audience), trimmed_resource(url));
        });
    });
}

OAuthError not_in_time(base::Timestamp now, std::string_view why) {
    return invalid_client(
        700024,
        fmt::format("Client assertion is not within its valid time range. {} Current time: {}.",
                    why,
                    base::to_rfc3339(now)));
}

std::optional<OAuthError> check_time_and_use(const CertificateProof& proof, base::Timestamp now) {
    base::Timestamp expires;
    try {
        expires = check_times(proof.token.claims, {.now = now});
    } catch (const base::Error& error) {
        return not_in_time(now, error.message() + ".");
    }
    if (expires > now + kLongestAssertion) {
        return not_in_time(now, "It is valid for more than a day.");
    }
    if (!proof.used.admit(base::sha256(proof.text), now, expires)) {
        return not_in_time(now, "It was used before.");
    }
    return std::nullopt;
}

const FederatedCredential* find_credential(const ServicePrincipal& principal,
                                           const UnverifiedJwt& token) {
    const auto issuer = text_claim(token.claims, "iss");
    const auto subject = text_claim(token.claims, "sub");
    const auto audiences = audiences_of(token.claims);
    for (const auto& credential : principal.federated_credentials) {
        // By the letter: subjects of Kubernetes and GitHub differ in case only.
        if (!subject.empty() && credential.issuer == issuer && credential.subject == subject &&
            std::find(audiences.begin(), audiences.end(), credential.audience) != audiences.end()) {
            return &credential;
        }
    }
    return nullptr;
}

}  // namespace

UsedAssertions::UsedAssertions(std::chrono::seconds reusable_for, std::size_t capacity)
    : reusable_for_(reusable_for), capacity_(capacity) {}

bool UsedAssertions::admit(const base::Sha256Digest& assertion,
                           base::Timestamp now,
                           base::Timestamp expires) {
    // As long as the skew of clocks lets it be used.
    const auto forgotten = expires + TimeLimits{}.skew;
    const std::lock_guard lock(mutex_);
    forget_old(now);
    const auto [at, is_new] = uses_.try_emplace(assertion, Use{now, forgotten});
    if (is_new) {
        order_.push_back(assertion);
    }
    return is_new || now < at->second.first + reusable_for_;
}

void UsedAssertions::forget_old(base::Timestamp now) {
    while (!order_.empty() &&
           (order_.size() >= capacity_ || uses_.at(order_.front()).expires <= now)) {
        uses_.erase(order_.front());
        order_.pop_front();
    }
}

std::optional<OAuthError> check_certificate_proof(const ServicePrincipal& principal,
                                                  const CertificateProof& proof,
                                                  base::Timestamp now) {
    if (auto error = check_certificate(principal, proof.token, now)) {
        return error;
    }
    const auto& claims = proof.token.claims;
    if (!equal_ignoring_case(text_claim(claims, "iss"), principal.client_id) ||
        !equal_ignoring_case(text_claim(claims, "sub"), principal.client_id)) {
        return invalid_client(
            700021, "Client assertion application identifier doesn't match 'client_id' parameter.");
    }
    if (!names_endpoint(proof.token, proof.audiences)) {
        return invalid_client(700023,
                              "Client assertion audience claim does not match Realm issuer.");
    }
    return check_time_and_use(proof, now);
}

std::optional<OAuthError> check_federated_proof(const ServicePrincipal& principal,
                                                const UnverifiedJwt& token,
                                                const FindIssuer& find_issuer,
                                                base::Timestamp now,
                                                const base::Cancellation& cancellation) {
    const auto issuer = text_claim(token.claims, "iss");
    auto* const trusted = find_issuer ? find_issuer(issuer) : nullptr;
    if (find_credential(principal, token) == nullptr || trusted == nullptr) {
        return invalid_client(
            70021,
            fmt::format("No matching federated identity record found for presented assertion. "
                        "Assertion Issuer: '{}'. Assertion Subject: '{}'.",
                        quotable(issuer),
                        quotable(text_claim(token.claims, "sub"))));
    }
    try {
        trusted->check(token, now, cancellation);
    } catch (const base::Error& error) {
        if (error.kind() != base::ErrorKind::Unauthenticated) {
            throw;
        }
        return error.code() == kExpiredToken ? not_in_time(now, error.message() + ".")
                                             : bad_signature(error.message());
    }
    return std::nullopt;
}

}  // namespace ingot::identity
