// SPDX-License-Identifier: Apache-2.0
#include "identity/jwt.h"

#include "base/json.h"
#include "identity/base64url.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace ingot::identity {
namespace {

using base::Timestamp;
using std::chrono::seconds;

constexpr std::size_t kDeepestClaims = 16;
constexpr double kEndOfTime = 253402300799;  // 9999-12-31T23:59:59Z

[[noreturn]] void malformed(std::string_view why) {
    throw token_error(kMalformedToken, why);
}

std::array<std::string_view, 3> split(std::string_view token) {
    const auto first = token.find('.');
    const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
        malformed("the token does not have three parts");
    }
    return {token.substr(0, first),
            token.substr(first + 1, second - first - 1),
            token.substr(second + 1)};
}

std::string decode(std::string_view part) {
    auto decoded = from_base64url(part);
    if (!decoded) {
        malformed("a part of the token is not base64url");
    }
    return *std::move(decoded);
}

boost::json::object parse_object(std::string_view part) {
    auto parsed = base::parse_json(decode(part), {base::ByteCount(kLargestJwt), kDeepestClaims});
    auto* value = std::get_if<boost::json::value>(&parsed);
    if (value == nullptr || !value->is_object()) {
        malformed("a part of the token is not a JSON object");
    }
    return std::move(value->get_object());
}

SignatureAlgorithm algorithm_of(const boost::json::object& header) {
    // RFC 7515 section 4.1.11: an extension that is not understood makes the token invalid.
    if (header.contains("crit")) {
        malformed("the token needs an extension that is not known here");
    }
    const auto algorithm = signature_algorithm_from(text_claim(header, "alg"));
    if (!algorithm) {
        malformed("the token's algorithm is none of RS256, PS256, ES256");
    }
    return *algorithm;
}

std::string encode(const boost::json::object& object) {
    return to_base64url(boost::json::serialize(object));
}

}  // namespace

base::Error token_error(std::string_view code, std::string_view message) {
    return {base::ErrorKind::Unauthenticated, std::string(code), std::string(message)};
}

UnverifiedJwt parse_jwt(std::string_view token) {
    if (token.size() > kLargestJwt) {
        malformed("the token is longer than 16 KiB");
    }
    const auto parts = split(token);
    auto header = parse_object(parts[0]);
    const auto algorithm = algorithm_of(header);
    return {.algorithm = algorithm,
            .header = std::move(header),
            .claims = parse_object(parts[1]),
            .signing_input = std::string(token.substr(0, parts[0].size() + 1 + parts[1].size())),
            .signature = decode(parts[2])};
}

std::string sign_jwt(const SigningKey& key,
                     const boost::json::object& claims,
                     const boost::json::object& header,
                     std::optional<SignatureAlgorithm> algorithm) {
    const auto used = algorithm.value_or(key.algorithm());
    boost::json::object whole = {
        {"alg", to_string(used)}, {"typ", "JWT"}, {"kid", key.public_key().thumbprint()}};
    for (const auto& [name, value] : header) {
        whole[name] = value;
    }
    const std::string input = encode(whole) + "." + encode(claims);
    return input + "." + to_base64url(key.sign(used, input));
}

void verify_signature(const UnverifiedJwt& token,
                      const PublicKey& key,
                      std::span<const SignatureAlgorithm> allowed) {
    if (std::find(allowed.begin(), allowed.end(), token.algorithm) == allowed.end()) {
        throw token_error(kBadSignature, "the token is signed with an algorithm not accepted here");
    }
    if (!key.verifies(token.algorithm, token.signing_input, token.signature)) {
        throw token_error(kBadSignature, "the token's signature is not valid");
    }
}

Timestamp check_times(const boost::json::object& claims, const TimeLimits& limits) {
    const auto expires = time_claim(claims, "exp");
    if (!expires) {
        malformed("the token does not say when it expires");
    }
    if (*expires + limits.skew <= limits.now) {
        throw token_error(kExpiredToken,
                          fmt::format("the token expired at {}; it is {} now",
                                      base::to_rfc3339(*expires),
                                      base::to_rfc3339(limits.now)));
    }
    for (const std::string_view name : {"nbf", "iat"}) {
        const auto from = time_claim(claims, name);
        if (claims.contains(name) && (!from || *from - limits.skew > limits.now)) {
            throw token_error(kExpiredToken, "the token is not valid yet");
        }
    }
    return *expires;
}

std::string text_claim(const boost::json::object& claims, std::string_view name) {
    const auto* value = claims.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string())
                                                  : std::string();
}

std::optional<Timestamp> time_claim(const boost::json::object& claims, std::string_view name) {
    const auto* value = claims.if_contains(name);
    if (value == nullptr || !value->is_number()) {
        return std::nullopt;
    }
    const auto number = value->to_number<double>();
    if (!(number >= 0 && number <= kEndOfTime)) {
        return std::nullopt;
    }
    return Timestamp(std::chrono::milliseconds(std::llround(number * 1000)));
}

std::vector<std::string> audiences_of(const boost::json::object& claims) {
    const auto* value = claims.if_contains("aud");
    if (value == nullptr || !value->is_array()) {
        const auto one = text_claim(claims, "aud");
        return one.empty() ? std::vector<std::string>{} : std::vector{one};
    }
    std::vector<std::string> audiences;
    for (const auto& element : value->get_array()) {
        if (element.is_string()) {
            audiences.emplace_back(element.get_string());
        }
    }
    return audiences;
}

std::int64_t numeric_date(Timestamp time) {
    return std::chrono::floor<seconds>(time).time_since_epoch().count();
}

}  // namespace ingot::identity
