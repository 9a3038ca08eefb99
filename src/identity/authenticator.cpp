// SPDX-License-Identifier: Apache-2.0
#include "identity/authenticator.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

namespace ingot::identity {

// The digest is its own hash: nobody can choose tokens with equal ones that are also valid.
std::size_t VerifiedTokens::DigestHash::operator()(const base::Sha256Digest& digest) const {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.bytes().data(), sizeof hash);
    return hash;
}

std::shared_ptr<const Caller> VerifiedTokens::find(const base::Sha256Digest& token,
                                                   base::Timestamp now) {
    {
        const std::shared_lock lock(mutex_);
        if (const auto at = young_.find(token); at != young_.end()) {
            return now < at->second.until ? at->second.caller : nullptr;
        }
        if (!old_.contains(token)) {
            return nullptr;
        }
    }
    const std::lock_guard lock(mutex_);
    auto node = old_.extract(token);
    if (node.empty()) {
        return nullptr;  // another thread has moved it meanwhile; the signature is checked again
    }
    auto entry = std::move(node.mapped());
    if (now >= entry.until) {
        return nullptr;
    }
    auto caller = entry.caller;
    insert(token, std::move(entry));
    return caller;
}

void VerifiedTokens::remember(const base::Sha256Digest& token,
                              std::shared_ptr<const Caller> caller,
                              base::Timestamp until) {
    const std::lock_guard lock(mutex_);
    insert(token, {std::move(caller), until});
}

void VerifiedTokens::insert(const base::Sha256Digest& token, Entry entry) {
    if (young_.size() >= half_) {
        old_ = std::exchange(young_, {});
    }
    young_.insert_or_assign(token, std::move(entry));
}

std::size_t VerifiedTokens::size() const {
    const std::shared_lock lock(mutex_);
    return young_.size() + old_.size();
}

Authenticator::Authenticator(std::vector<std::unique_ptr<TokenVerifier>> verifiers,
                             std::size_t capacity,
                             std::chrono::seconds remember_for)
    : verifiers_(std::move(verifiers)), remember_for_(remember_for), verified_(capacity) {}

TokenVerifier& Authenticator::verifier_of(const UnverifiedJwt& token) const {
    const auto issuer = text_claim(token.claims, "iss");
    const auto found = std::find_if(verifiers_.begin(), verifiers_.end(), [&](const auto& one) {
        return one->issuer() == issuer;
    });
    if (found == verifiers_.end()) {
        throw token_error(kMalformedToken, "the token's issuer is not known here");
    }
    return **found;
}

std::shared_ptr<const Caller> Authenticator::authenticate(std::string_view token,
                                                          base::Timestamp now,
                                                          const base::Cancellation& cancellation) {
    if (token.size() > kLargestJwt) {
        throw token_error(kMalformedToken, "the token is longer than 16 KiB");
    }
    const auto digest = base::sha256(token);
    if (auto known = verified_.find(digest, now)) {
        return known;
    }
    const auto parsed = parse_jwt(token);
    auto caller =
        std::make_shared<const Caller>(verifier_of(parsed).verify(parsed, now, cancellation));
    verified_.remember(digest, caller, std::min(caller->expires, now + remember_for_));
    return caller;
}

}  // namespace ingot::identity
