// SPDX-License-Identifier: Apache-2.0
// The keys of tokens: RSA of 2048 to 8192 bits and EC P-256, as JWK (RFC 7517) and PEM. Where a key
// is kept, and who is trusted with which, is not said here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

// NOLINTNEXTLINE(readability-identifier-naming): OpenSSL's name
using EVP_PKEY = struct evp_pkey_st;

namespace ingot::identity {

// What RFC 7518 calls them. The others, `none` and the symmetric ones above all, do not exist here.
enum class SignatureAlgorithm { RS256, PS256, ES256 };

[[nodiscard]] std::string to_string(SignatureAlgorithm algorithm);
[[nodiscard]] std::optional<SignatureAlgorithm> signature_algorithm_from(std::string_view name);

// Copies share the key; any thread.
class PublicKey {
  public:
    // Throw Error{InvalidArgument, "InvalidKey"} for what is no such key, or a weak one.
    [[nodiscard]] static PublicKey from_jwk(const boost::json::object& jwk);
    [[nodiscard]] static PublicKey from_pem(std::string_view pem);

    // kty, the numbers, kid, use and alg (RS256 or ES256).
    [[nodiscard]] boost::json::object to_jwk() const;

    // RFC 7638 with SHA-256, in base64url; its key id wherever Ingot gives it one.
    [[nodiscard]] const std::string& thumbprint() const { return thumbprint_; }

    // False as well if the algorithm is not one of this kind of key.
    [[nodiscard]] bool verifies(SignatureAlgorithm algorithm,
                                std::string_view data,
                                std::string_view signature) const;

  private:
    friend class SigningKey;
    friend class PublicCertificate;

    explicit PublicKey(std::shared_ptr<EVP_PKEY> key);

    std::shared_ptr<EVP_PKEY> key_;
    std::string thumbprint_;
};

// A private key. Never printed, never logged; PEM is for the state folder.
class SigningKey {
  public:
    // RSA 2048, for RS256: what MSAL and the SDKs expect. Takes a second on a slow machine.
    [[nodiscard]] static SigningKey generate_rsa();
    [[nodiscard]] static SigningKey generate_ec();

    // Unencrypted PKCS#8. Throws Error{InvalidArgument, "InvalidKey"}, never quoting the text.
    [[nodiscard]] static SigningKey from_pem(std::string_view pem);
    [[nodiscard]] std::string to_pem() const;

    [[nodiscard]] const PublicKey& public_key() const { return public_key_; }

    // RS256 or ES256, as the key is.
    [[nodiscard]] SignatureAlgorithm algorithm() const;

    // In the form of RFC 7518: for ES256 r and s, 64 bytes. Throws Error{InvalidArgument} if the
    // algorithm is not one of this kind of key.
    [[nodiscard]] std::string sign(SignatureAlgorithm algorithm, std::string_view data) const;

  private:
    explicit SigningKey(PublicKey key) : public_key_(std::move(key)) {}

    PublicKey public_key_;  // holds the private half too
};

}  // namespace ingot::identity
