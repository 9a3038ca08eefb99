// SPDX-License-Identifier: Apache-2.0
#include "identity/oidc_issuer.h"

#include "base/json.h"
#include "http/client.h"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace ingot::identity {
namespace {

using base::ErrorKind;

constexpr std::size_t kMostKeys = 100;

void require_https(std::string_view url) {
    if (!url.starts_with("https://")) {
        throw base::Error(
            ErrorKind::InvalidArgument,
            "InvalidIssuer",
            fmt::format("'{}' is not an https URL; an issuer's keys come by TLS", url));
    }
}

boost::json::object parse_document(const std::string& text) {
    auto parsed = base::parse_json(text, {base::ByteCount::mib(1), 20});
    auto* value = std::get_if<boost::json::value>(&parsed);
    if (value == nullptr || !value->is_object()) {
        throw base::Error(
            ErrorKind::Unavailable, "InvalidIssuerDocument", "the answer is not a JSON object");
    }
    return std::move(value->get_object());
}

bool is_for_signatures(const boost::json::object& jwk) {
    const auto use = text_claim(jwk, "use");
    return use.empty() || use == "sig";
}

std::string get_text(const std::string& url,
                     const std::filesystem::path& authority,
                     const base::Cancellation& cancellation) {
    std::string body;
    http::Client client;
    client.get({.url = url,
                .limit = base::ByteCount::mib(1),
                .authorities = authority,
                .connect_timeout = std::chrono::seconds(5),
                .stall_timeout = std::chrono::seconds(5)},
               {.on_body = [&](std::string_view bytes) { body += bytes; }},
               cancellation);
    return body;
}

}  // namespace

FetchDocument fetch_by_http(std::filesystem::path authority) {
    return [authority = std::move(authority)](const std::string& url,
                                              const base::Cancellation& cancellation) {
        const auto bounded = cancellation.child(std::chrono::seconds(10));
        try {
            return get_text(url, authority, bounded);
        } catch (const base::Cancelled&) {
            cancellation.throw_if_cancelled();
            throw base::Error(ErrorKind::Timeout, "IssuerTooSlow", "no answer in ten seconds");
        }
    };
}

OidcIssuer::OidcIssuer(OidcIssuerSettings settings, FetchDocument fetch)
    : settings_(std::move(settings)), fetch_(std::move(fetch)) {
    require_https(settings_.issuer);
    if (!settings_.jwks_url.empty()) {
        require_https(settings_.jwks_url);
    }
}

base::Timestamp OidcIssuer::check(const UnverifiedJwt& token,
                                  base::Timestamp now,
                                  const base::Cancellation& cancellation) {
    constexpr std::array kAll = {
        SignatureAlgorithm::RS256, SignatureAlgorithm::PS256, SignatureAlgorithm::ES256};
    if (text_claim(token.claims, "iss") != settings_.issuer) {
        throw token_error(kMalformedToken, "the token is of another issuer");
    }
    // What has expired is refused before it can cost a fetch.
    const auto expires = check_times(token.claims, {.now = now});
    const auto entry = key_for(token, now, cancellation);
    if (entry.only) {
        verify_signature(token, entry.key, std::array{*entry.only});
    } else {
        verify_signature(token, entry.key, kAll);
    }
    return expires;
}

OidcIssuer::Entry OidcIssuer::key_for(const UnverifiedJwt& token,
                                      base::Timestamp now,
                                      const base::Cancellation& cancellation) {
    const auto key_id = text_claim(token.header, "kid");
    auto found = look_up(key_id, now);
    if (!found.fresh) {
        const std::lock_guard lock(fetching_);
        found = look_up(key_id, now);  // somebody else may have fetched it meanwhile
        if (!found.fresh && now >= next_fetch_) {
            refresh(now, cancellation);
            found = look_up(key_id, now);
        }
    }
    if (found.entry) {
        return *found.entry;
    }
    if (!found.loaded) {
        throw base::Error(
            ErrorKind::Unavailable,
            "IssuerUnavailable",
            fmt::format(
                "the keys of {} could not be fetched: {}", settings_.issuer, found.problem));
    }
    throw token_error(kBadSignature, "the token is signed with a key its issuer does not list");
}

OidcIssuer::Found OidcIssuer::look_up(const std::string& key_id, base::Timestamp now) const {
    const std::lock_guard lock(mutex_);
    Found found{.loaded = loaded_.has_value(), .problem = problem_};
    auto at = keys_.find(key_id);
    if (key_id.empty() && keys_.size() == 1) {
        at = keys_.begin();  // RFC 7515 lets the id be missing where it is clear which key is meant
    }
    if (at != keys_.end()) {
        found.entry = at->second;
        found.fresh = now < *loaded_ + settings_.key_lifetime;
    }
    return found;
}

// A failure leaves the keys there are. A cancelled fetch counts as none: whoever comes next tries.
void OidcIssuer::refresh(base::Timestamp now, const base::Cancellation& cancellation) {
    constexpr std::chrono::seconds kAfterFailure{30};
    try {
        auto keys = fetch_keys(cancellation);
        next_fetch_ = now + settings_.least_refresh_interval;
        const std::lock_guard lock(mutex_);
        keys_ = std::move(keys);
        loaded_ = now;
    } catch (const base::Error& error) {
        next_fetch_ = now + std::min(settings_.least_refresh_interval, kAfterFailure);
        const std::lock_guard lock(mutex_);
        problem_ = error.message();
    }
}

OidcIssuer::KeySet OidcIssuer::fetch_keys(const base::Cancellation& cancellation) const {
    auto url = settings_.jwks_url;
    if (url.empty()) {
        const auto separator = settings_.issuer.ends_with('/') ? "" : "/";
        const auto document = parse_document(fetch_(
            settings_.issuer + separator + ".well-known/openid-configuration", cancellation));
        if (text_claim(document, "issuer") != settings_.issuer) {
            throw base::Error(ErrorKind::Unavailable,
                              "InvalidIssuerDocument",
                              "its discovery document names another issuer");
        }
        url = text_claim(document, "jwks_uri");
        require_https(url);
    }
    return parse_keys(fetch_(url, cancellation));
}

// A key set may hold keys of kinds that are not known here: they are left out.
OidcIssuer::KeySet OidcIssuer::parse_keys(const std::string& document) {
    const auto set = parse_document(document);
    const auto* list = set.if_contains("keys");
    KeySet keys;
    if (list == nullptr || !list->is_array()) {
        return keys;
    }
    for (const auto& element : list->get_array()) {
        if (!element.is_object() || keys.size() == kMostKeys ||
            !is_for_signatures(element.get_object())) {
            continue;
        }
        const auto& jwk = element.get_object();
        const auto algorithm = text_claim(jwk, "alg");
        const auto only = signature_algorithm_from(algorithm);
        if (!algorithm.empty() && !only) {
            continue;
        }
        try {
            keys.emplace(text_claim(jwk, "kid"), Entry{PublicKey::from_jwk(jwk), only});
        } catch (const base::Error&) {
            continue;
        }
    }
    return keys;
}

}  // namespace ingot::identity
