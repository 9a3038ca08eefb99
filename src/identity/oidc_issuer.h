// SPDX-License-Identifier: Apache-2.0
// An OpenID Connect issuer that the configuration trusts: its keys, fetched when needed and kept,
// and the check that it made a token. Whom its subjects are here, oidc_token_verifier.h and the
// federated credentials of token_endpoint.h say. Issuers come from the configuration only: a URL
// that a client could name would make the service fetch what the client cannot.
#pragma once

#include "base/cancellation.h"
#include "base/timestamp.h"
#include "identity/jwt.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace ingot::identity {

// The document at an https URL. May block; throws what http::Client does.
using FetchDocument =
    std::function<std::string(const std::string& url, const base::Cancellation& cancellation)>;

// By http/, with limits that suit a key set: 1 MiB, ten seconds. `authority` is a PEM file, trusted
// instead of the system's authorities, or empty.
[[nodiscard]] FetchDocument fetch_by_http(std::filesystem::path authority = {});

struct OidcIssuerSettings {
    std::string issuer;      // exactly as in its tokens
    std::string jwks_url{};  // empty: where its discovery document says
    // A token with an unknown key id makes us ask again, but not more often than this
    // (after a failure: than every 30 seconds).
    std::chrono::seconds least_refresh_interval = std::chrono::minutes(5);
    // Keys older than this are fetched anew; if that fails, they go on.
    std::chrono::seconds key_lifetime = std::chrono::hours(24);
};

// Any thread; who waits for a fetch does not hold up tokens whose key is known.
class OidcIssuer {
  public:
    // Throws Error{InvalidArgument} for URLs that are not https.
    OidcIssuer(OidcIssuerSettings settings, FetchDocument fetch);

    [[nodiscard]] const std::string& name() const { return settings_.issuer; }

    // That this issuer made the token and that it is valid now; returns when it expires. Not its
    // audience. Throws Error{Unauthenticated}, Error{Unavailable} if there are no keys, Cancelled.
    base::Timestamp check(const UnverifiedJwt& token,
                          base::Timestamp now,
                          const base::Cancellation& cancellation);

  private:
    struct Entry {
        PublicKey key;
        std::optional<SignatureAlgorithm> only;  // if the key set restricts it
    };

    using KeySet = std::map<std::string, Entry, std::less<>>;

    struct Found {
        std::optional<Entry> entry{};
        bool fresh = false;
        bool loaded = false;  // whether there is a key set at all
        std::string problem{};
    };

    [[nodiscard]] Entry key_for(const UnverifiedJwt& token,
                                base::Timestamp now,
                                const base::Cancellation& cancellation);
    [[nodiscard]] Found look_up(const std::string& key_id, base::Timestamp now) const;
    void refresh(base::Timestamp now, const base::Cancellation& cancellation);
    [[nodiscard]] KeySet fetch_keys(const base::Cancellation& cancellation) const;
    [[nodiscard]] static KeySet parse_keys(const std::string& document);

    OidcIssuerSettings settings_;
    FetchDocument fetch_;
    std::mutex fetching_;                                  // one fetch at a time
    base::Timestamp next_fetch_ = base::Timestamp::min();  // guarded by fetching_
    mutable std::mutex mutex_;                             // guards what follows
    KeySet keys_;
    std::optional<base::Timestamp> loaded_;
    std::string problem_;  // why the last fetch failed
};

}  // namespace ingot::identity
