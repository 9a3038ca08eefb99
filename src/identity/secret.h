// SPDX-License-Identifier: Apache-2.0
// Client secrets: made here, shown once by whoever asked, kept as a salted hash.
#pragma once

#include <string>
#include <string_view>

namespace ingot::identity {

// 40 characters of the url-safe alphabet, 238 bits at random. Starts with a letter or digit: `az
// login -p` would take anything else for an option.
[[nodiscard]] std::string generate_secret();

struct HashCost {
    // Generated secrets cannot be guessed however fast one tries, so this is not what OWASP asks
    // for people's passwords; it only slows the guessing of a secret that somebody chose. A token
    // request pays for it.
    unsigned iterations = 20'000;
};

// PBKDF2-HMAC-SHA256 with a salt of its own: "pbkdf2-sha256$ITERATIONS$SALT$HASH", the last two in
// base64url.
[[nodiscard]] std::string hash_secret(std::string_view secret, HashCost cost = {});

// Takes the same time whatever differs. Throws Error{Corrupt} if `hash` is none.
[[nodiscard]] bool secret_matches(std::string_view secret, std::string_view hash);

// What may be shown of a secret: its first three characters.
[[nodiscard]] std::string secret_hint(std::string_view secret);

// For anything else that must not tell by its time where it differs.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

// `size` bytes from OpenSSL's generator.
[[nodiscard]] std::string random_bytes(std::size_t size);

}  // namespace ingot::identity
