// SPDX-License-Identifier: Apache-2.0
// JSON Web Tokens in the compact form (RFC 7515, RFC 7519): reading, signing, checking a signature
// and the claims every token has. Which key and which issuer to believe, and what the other claims
// mean, is the caller's to say. Nothing here quotes a token in an error.
#pragma once

#include "base/error.h"
#include "base/timestamp.h"
#include "identity/key.h"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace ingot::identity {

// What was read and not yet believed: use nothing of it before verify_signature() and
// check_claims(), except to find the key.
struct UnverifiedJwt {
    SignatureAlgorithm algorithm;
    boost::json::object header;
    boost::json::object claims;
    std::string signing_input;
    std::string signature;
};

inline constexpr std::size_t kLargestJwt = std::size_t{16} * 1024;

// Every function below that refuses a token throws Error{Unauthenticated} with one of these codes.
inline constexpr std::string_view kMalformedToken = "InvalidAuthenticationToken";
inline constexpr std::string_view kBadSignature = "InvalidTokenSignature";
inline constexpr std::string_view kExpiredToken = "ExpiredAuthenticationToken";
inline constexpr std::string_view kForeignAudience = "InvalidAuthenticationTokenAudience";

[[nodiscard]] base::Error token_error(std::string_view code, std::string_view message);

// Refuses what is not strictly three parts of base64url, JSON objects without duplicate keys, a
// known algorithm, and an empty list of critical extensions.
[[nodiscard]] UnverifiedJwt parse_jwt(std::string_view token);

// Signs with the key's own algorithm unless told another; `header` is added to alg, typ and kid.
[[nodiscard]] std::string sign_jwt(const SigningKey& key,
                                   const boost::json::object& claims,
                                   const boost::json::object& header = {},
                                   std::optional<SignatureAlgorithm> algorithm = {});

// `allowed` is what the caller expects of this key's owner; the token has no say in it.
void verify_signature(const UnverifiedJwt& token,
                      const PublicKey& key,
                      std::span<const SignatureAlgorithm> allowed);

struct TimeLimits {
    base::Timestamp now;
    std::chrono::seconds skew = std::chrono::minutes(5);
};

// exp has to be there; nbf and iat are checked if they are. Returns exp.
base::Timestamp check_times(const boost::json::object& claims, const TimeLimits& limits);

// A claim that is a string; empty if it is missing or something else.
[[nodiscard]] std::string text_claim(const boost::json::object& claims, std::string_view name);

// A NumericDate (RFC 7519 section 2); nothing if it is missing or no time before the year 10000.
[[nodiscard]] std::optional<base::Timestamp> time_claim(const boost::json::object& claims,
                                                        std::string_view name);

// "aud", one string or several.
[[nodiscard]] std::vector<std::string> audiences_of(const boost::json::object& claims);

[[nodiscard]] std::int64_t numeric_date(base::Timestamp time);

}  // namespace ingot::identity
