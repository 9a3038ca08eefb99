// SPDX-License-Identifier: Apache-2.0
// Any text as a token, as the JSON of a token's parts, as a key and as a scope.
#include "base/json.h"
#include "identity/audience.h"
#include "identity/base64url.h"
#include "identity/jwt.h"
#include "identity/scope.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <boost/json/value.hpp>

namespace {

using namespace ingot::identity;

constexpr std::array kAll = {
    SignatureAlgorithm::RS256, SignatureAlgorithm::PS256, SignatureAlgorithm::ES256};

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

// Nobody can sign for this key, so no input is ever believed.
const PublicKey& key() {
    static const auto key = SigningKey::generate_ec().public_key();
    return key;
}

void read_as_token(std::string_view text) {
    try {
        const auto token = parse_jwt(text);
        (void)time_claim(token.claims, "exp");
        (void)audiences_of(token.claims);
        try {
            verify_signature(token, key(), kAll);
        } catch (const ingot::base::Error&) {
            return;
        }
        require(false);
    } catch (const ingot::base::Error& error) {
        require(error.kind() == ingot::base::ErrorKind::Unauthenticated);
    }
}

void read_as_key(std::string_view text) {
    const auto parsed = ingot::base::parse_json(text);
    const auto* value = std::get_if<boost::json::value>(&parsed);
    if (value == nullptr || !value->is_object()) {
        return;
    }
    try {
        const auto read = PublicKey::from_jwk(value->get_object());
        require(PublicKey::from_jwk(read.to_jwk()).thumbprint() == read.thumbprint());
    } catch (const ingot::base::Error& error) {
        require(error.kind() == ingot::base::ErrorKind::InvalidArgument);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    read_as_token(text);
    read_as_token(to_base64url(R"({"alg":"ES256"})") + "." + to_base64url(text) + ".AAAA");
    read_as_token(to_base64url(text) + ".e30.AAAA");
    read_as_key(text);
    if (const auto bytes = from_base64url(text)) {
        require(to_base64url(*bytes) == text);
    }
    require(scope_key(scope_key(text)) == scope_key(text));
    (void)resource_of_scope(text);
    return 0;
}
