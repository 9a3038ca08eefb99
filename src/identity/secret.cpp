// SPDX-License-Identifier: Apache-2.0
#include "identity/secret.h"

#include "identity/base64url.h"
#include "identity/openssl.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace ingot::identity {
namespace {

constexpr std::string_view kScheme = "pbkdf2-sha256";
constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kHashSize = 32;
constexpr std::size_t kSecretBytes = 30;          // 40 characters
constexpr unsigned kMostIterations = 10'000'000;  // a damaged record must not stop the service

struct StoredHash {
    unsigned iterations = 0;
    std::string salt;
    std::string hash;
};

std::string derive(std::string_view secret, std::string_view salt, unsigned iterations) {
    std::string hash(kHashSize, '\0');
    openssl::check(PKCS5_PBKDF2_HMAC(secret.data(),
                                     static_cast<int>(secret.size()),
                                     openssl::bytes(salt),
                                     static_cast<int>(salt.size()),
                                     static_cast<int>(iterations),
                                     EVP_sha256(),
                                     static_cast<int>(hash.size()),
                                     openssl::bytes(hash)) == 1,
                   "hash a secret");
    return hash;
}

std::string_view take_field(std::string_view& text) {
    const auto field = text.substr(0, text.find('$'));
    text.remove_prefix(std::min(text.size(), field.size() + 1));
    return field;
}

std::optional<StoredHash> parse(std::string_view text) {
    if (take_field(text) != kScheme) {
        return std::nullopt;
    }
    StoredHash stored;
    const auto number = take_field(text);
    const auto* const end = number.data() + number.size();
    const auto read = std::from_chars(number.data(), end, stored.iterations);
    stored.salt = from_base64url(take_field(text)).value_or("");
    stored.hash = from_base64url(text).value_or("");
    const bool whole = read.ec == std::errc() && read.ptr == end && stored.iterations > 0 &&
                       stored.iterations <= kMostIterations && stored.salt.size() == kSaltSize &&
                       stored.hash.size() == kHashSize;
    return whole ? std::optional(stored) : std::nullopt;
}

}  // namespace

std::string random_bytes(std::size_t size) {
    std::string random(size, '\0');
    openssl::check(RAND_bytes(openssl::bytes(random), static_cast<int>(size)) == 1,
                   "give random bytes");
    return random;
}

std::string generate_secret() {
    std::string secret;
    do {
        secret = to_base64url(random_bytes(kSecretBytes));
    } while (secret.front() == '-' || secret.front() == '_');
    return secret;
}

std::string hash_secret(std::string_view secret, HashCost cost) {
    const auto salt = random_bytes(kSaltSize);
    return fmt::format("{}${}${}${}",
                       kScheme,
                       cost.iterations,
                       to_base64url(salt),
                       to_base64url(derive(secret, salt, cost.iterations)));
}

bool secret_matches(std::string_view secret, std::string_view hash) {
    const auto stored = parse(hash);
    if (!stored) {
        throw base::Error(base::ErrorKind::Corrupt,
                          "CorruptSecretHash",
                          "the hash of a client secret is damaged");
    }
    return equal_in_constant_time(derive(secret, stored->salt, stored->iterations), stored->hash);
}

std::string secret_hint(std::string_view secret) {
    return std::string(secret.substr(0, 3));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace ingot::identity
