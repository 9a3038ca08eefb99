// SPDX-License-Identifier: Apache-2.0
// From the bearer token of a request to its caller, for every request: picks the verifier by issuer
// and remembers, by digest, the tokens that were good a moment ago, since checking a signature
// costs fifty times what a look-up does.
#pragma once

#include "base/digest.h"
#include "identity/token_verifier.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ingot::identity {

// Verified tokens, at most `capacity` of them; the least recently used go first, roughly.
class VerifiedTokens {
  public:
    explicit VerifiedTokens(std::size_t capacity) : half_(capacity / 2) {}

    // Null if the token is not known, or no longer at `now`.
    [[nodiscard]] std::shared_ptr<const Caller> find(const base::Sha256Digest& token,
                                                     base::Timestamp now);
    void remember(const base::Sha256Digest& token,
                  std::shared_ptr<const Caller> caller,
                  base::Timestamp until);

    [[nodiscard]] std::size_t size() const;

  private:
    struct Entry {
        std::shared_ptr<const Caller> caller;
        base::Timestamp until;
    };

    struct DigestHash {
        std::size_t operator()(const base::Sha256Digest& digest) const;
    };

    using Generation = std::unordered_map<base::Sha256Digest, Entry, DigestHash>;

    void insert(const base::Sha256Digest& token, Entry entry);

    std::size_t half_;
    mutable std::shared_mutex mutex_;
    // Two generations instead of a list in order of use: a hit in the young one changes nothing.
    Generation young_;
    Generation old_;
};

class Authenticator {
  public:
    // A token is looked at again after `remember_for`, or when it expires.
    explicit Authenticator(std::vector<std::unique_ptr<TokenVerifier>> verifiers,
                           std::size_t capacity = 10'000,
                           std::chrono::seconds remember_for = std::chrono::minutes(5));

    // `token` is what follows "Bearer ". Errors as TokenVerifier::verify(). Any thread.
    [[nodiscard]] std::shared_ptr<const Caller> authenticate(
        std::string_view token, base::Timestamp now, const base::Cancellation& cancellation);

  private:
    [[nodiscard]] TokenVerifier& verifier_of(const UnverifiedJwt& token) const;

    std::vector<std::unique_ptr<TokenVerifier>> verifiers_;
    std::chrono::seconds remember_for_;
    VerifiedTokens verified_;
};

}  // namespace ingot::identity
