// SPDX-License-Identifier: Apache-2.0
#include "identity/key.h"

#include "base/digest.h"
#include "identity/base64url.h"
#include "identity/openssl.h"

#include <utility>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace ingot::identity {
namespace {

using base::ErrorKind;
using openssl::bytes;
using openssl::check;

constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;           // verifying with a bigger one is a way to be slow
constexpr int kMostExponentBits = 64;        // likewise
constexpr std::size_t kCoordinateSize = 32;  // P-256

[[noreturn]] void refuse(std::string_view why) {
    ERR_clear_error();
    throw base::Error(ErrorKind::InvalidArgument, "InvalidKey", fmt::format("not a key: {}", why));
}

bool is_rsa(const EVP_PKEY* key) {
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
}

openssl::Number number_of(const EVP_PKEY* key, const char* name) {
    BIGNUM* number = nullptr;
    check(EVP_PKEY_get_bn_param(key, name, &number) == 1, "read a key");
    return openssl::Number(number);
}

bool is_p256(const EVP_PKEY* key) {
    std::string name(64, '\0');
    std::size_t size = 0;
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
           EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) == 1 &&
           name.substr(0, size) == "prime256v1";
}

void require_strong(const EVP_PKEY* key) {
    if (is_p256(key)) {
        return;
    }
    const int bits = EVP_PKEY_get_bits(key);
    if (!is_rsa(key) || bits < kLeastRsaBits || bits > kMostRsaBits) {
        refuse("RSA of 2048 to 8192 bits and EC P-256 are accepted");
    }
    const auto exponent = number_of(key, OSSL_PKEY_PARAM_RSA_E);
    if (BN_is_odd(exponent.get()) == 0 || BN_is_one(exponent.get()) == 1 ||
        BN_num_bits(exponent.get()) > kMostExponentBits) {
        refuse("the exponent of the RSA key is not an odd number between 3 and 2^64");
    }
}

std::string member(const boost::json::object& jwk, std::string_view name) {
    const auto* value = jwk.if_contains(name);
    if (value == nullptr || !value->is_string()) {
        refuse(fmt::format("the member '{}' is missing", name));
    }
    return std::string(value->get_string());
}

std::string binary_member(const boost::json::object& jwk, std::string_view name) {
    auto decoded = from_base64url(member(jwk, name));
    if (!decoded || decoded->empty() || decoded->size() > kMostRsaBits / 8 + 1) {
        refuse(fmt::format("the member '{}' is not base64url of a number", name));
    }
    return *std::move(decoded);
}

openssl::Number to_number(std::string_view big_endian) {
    openssl::Number number(
        BN_bin2bn(bytes(big_endian), static_cast<int>(big_endian.size()), nullptr));
    check(number != nullptr, "read a number");
    return number;
}

// Null for numbers that make no key.
openssl::Key from_params(const char* type, OSSL_PARAM_BLD* builder) {
    const openssl::Params params(OSSL_PARAM_BLD_to_param(builder));
    const openssl::KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    check(params && context && EVP_PKEY_fromdata_init(context.get()) == 1, "read a key");
    EVP_PKEY* key = nullptr;
    if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
        ERR_clear_error();
        return nullptr;
    }
    return openssl::Key(key);
}

openssl::Key rsa_from(const boost::json::object& jwk) {
    const openssl::ParamBuilder builder(OSSL_PARAM_BLD_new());
    const auto n = to_number(binary_member(jwk, "n"));
    const auto e = to_number(binary_member(jwk, "e"));
    check(builder && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
              OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1,
          "read a key");
    return from_params("RSA", builder.get());
}

openssl::Key ec_from(const boost::json::object& jwk) {
    const auto x = binary_member(jwk, "x");
    const auto y = binary_member(jwk, "y");
    if (member(jwk, "crv") != "P-256" || x.size() != kCoordinateSize ||
        y.size() != kCoordinateSize) {
        refuse("of the EC keys, those of P-256 with whole coordinates are accepted");
    }
    const std::string point = '\x04' + x + y;  // SEC 1 section 2.3.3, uncompressed
    const openssl::ParamBuilder builder(OSSL_PARAM_BLD_new());
    check(builder &&
              OSSL_PARAM_BLD_push_utf8_string(
                  builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
              OSSL_PARAM_BLD_push_octet_string(
                  builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1,
          "read a key");
    return from_params("EC", builder.get());
}

std::string encoded(const EVP_PKEY* key, const char* name, std::size_t size = 0) {
    const auto number = number_of(key, name);
    std::string text(std::max(size, static_cast<std::size_t>(BN_num_bytes(number.get()))), '\0');
    check(BN_bn2binpad(number.get(), bytes(text), static_cast<int>(text.size())) >= 0,
          "write a number");
    return to_base64url(text);
}

// What RFC 7638 hashes, in its order.
boost::json::object required_members(const EVP_PKEY* key) {
    if (is_rsa(key)) {
        return {{"e", encoded(key, OSSL_PKEY_PARAM_RSA_E)},
                {"kty", "RSA"},
                {"n", encoded(key, OSSL_PKEY_PARAM_RSA_N)}};
    }
    return {{"crv", "P-256"},
            {"kty", "EC"},
            {"x", encoded(key, OSSL_PKEY_PARAM_EC_PUB_X, kCoordinateSize)},
            {"y", encoded(key, OSSL_PKEY_PARAM_EC_PUB_Y, kCoordinateSize)}};
}

std::string thumbprint_of(const EVP_PKEY* key) {
    const auto digest = base::sha256(boost::json::serialize(required_members(key))).bytes();
    return to_base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

bool fits(SignatureAlgorithm algorithm, const EVP_PKEY* key) {
    return is_rsa(key) != (algorithm == SignatureAlgorithm::ES256);
}

// RFC 7518 section 3.5: MGF1 with the same hash, the salt as long as the hash.
void set_padding(EVP_PKEY_CTX* context, SignatureAlgorithm algorithm) {
    if (algorithm == SignatureAlgorithm::PS256) {
        check(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
                  EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1,
              "set up RSA-PSS");
    }
}

// RFC 7518 section 3.4 writes r and s one after the other; OpenSSL wants and gives them in DER.
std::string to_der(std::string_view r_and_s) {
    const openssl::EcSignature signature(ECDSA_SIG_new());
    auto r = to_number(r_and_s.substr(0, kCoordinateSize));
    auto s = to_number(r_and_s.substr(kCoordinateSize));
    check(signature && ECDSA_SIG_set0(signature.get(), r.release(), s.release()) == 1,
          "read a signature");
    std::string der(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)), '\0');
    auto* out = bytes(der);
    check(i2d_ECDSA_SIG(signature.get(), &out) > 0, "read a signature");
    return der;
}

std::string from_der(std::string_view der) {
    const auto* in = bytes(der);
    const openssl::EcSignature signature(
        d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size())));
    check(signature != nullptr, "write a signature");
    std::string r_and_s(2 * kCoordinateSize, '\0');
    constexpr int kSize = kCoordinateSize;
    check(
        BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes(r_and_s), kSize) == kSize &&
            BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes(r_and_s) + kSize, kSize) == kSize,
        "write a signature");
    return r_and_s;
}

}  // namespace

std::string to_string(SignatureAlgorithm algorithm) {
    switch (algorithm) {
        case SignatureAlgorithm::RS256:
            return "RS256";
        case SignatureAlgorithm::PS256:
            return "PS256";
        case SignatureAlgorithm::ES256:
            return "ES256";
    }
    return "unknown";
}

std::optional<SignatureAlgorithm> signature_algorithm_from(std::string_view name) {
    for (const auto algorithm :
         {SignatureAlgorithm::RS256, SignatureAlgorithm::PS256, SignatureAlgorithm::ES256}) {
        if (name == to_string(algorithm)) {
            return algorithm;
        }
    }
    return std::nullopt;
}

PublicKey::PublicKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {
    require_strong(key_.get());
    thumbprint_ = thumbprint_of(key_.get());
}

PublicKey PublicKey::from_jwk(const boost::json::object& jwk) {
    const auto type = member(jwk, "kty");
    if (type != "RSA" && type != "EC") {
        refuse("its type is neither RSA nor EC");
    }
    std::shared_ptr<EVP_PKEY> key = type == "RSA" ? rsa_from(jwk) : ec_from(jwk);
    if (!key) {
        refuse("its numbers are not those of a key");
    }
    return PublicKey(std::move(key));
}

PublicKey PublicKey::from_pem(std::string_view pem) {
    const auto in = openssl::reader(pem);
    std::shared_ptr<EVP_PKEY> key =
        openssl::Key(PEM_read_bio_PUBKEY(in.get(), nullptr, openssl::no_pass_phrase, nullptr));
    if (!key) {
        refuse("not a public key in PEM");
    }
    return PublicKey(std::move(key));
}

boost::json::object PublicKey::to_jwk() const {
    auto jwk = required_members(key_.get());
    jwk["kid"] = thumbprint_;
    jwk["use"] = "sig";
    jwk["alg"] = is_rsa(key_.get()) ? "RS256" : "ES256";
    return jwk;
}

bool PublicKey::verifies(SignatureAlgorithm algorithm,
                         std::string_view data,
                         std::string_view signature) const {
    const bool is_ec = algorithm == SignatureAlgorithm::ES256;
    if (!fits(algorithm, key_.get()) || (is_ec && signature.size() != 2 * kCoordinateSize)) {
        return false;
    }
    const std::string wire = is_ec ? to_der(signature) : std::string(signature);
    const openssl::DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* padding = nullptr;
    check(context &&
              EVP_DigestVerifyInit(context.get(), &padding, EVP_sha256(), nullptr, key_.get()) == 1,
          "verify a signature");
    set_padding(padding, algorithm);
    const int result =
        EVP_DigestVerify(context.get(), bytes(wire), wire.size(), bytes(data), data.size());
    ERR_clear_error();  // a wrong signature leaves entries for whoever asks next
    return result == 1;
}

SigningKey SigningKey::generate_rsa() {
    std::shared_ptr<EVP_PKEY> key =
        openssl::Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{kLeastRsaBits}));
    check(key != nullptr, "make a key");
    return SigningKey(PublicKey(std::move(key)));
}

SigningKey SigningKey::generate_ec() {
    std::shared_ptr<EVP_PKEY> key =
        openssl::Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    check(key != nullptr, "make a key");
    return SigningKey(PublicKey(std::move(key)));
}

SigningKey SigningKey::from_pem(std::string_view pem) {
    const auto in = openssl::reader(pem);
    std::shared_ptr<EVP_PKEY> key =
        openssl::Key(PEM_read_bio_PrivateKey(in.get(), nullptr, openssl::no_pass_phrase, nullptr));
    if (!key) {
        refuse("not an unencrypted private key in PEM");
    }
    return SigningKey(PublicKey(std::move(key)));
}

std::string SigningKey::to_pem() const {
    const openssl::Bio out(BIO_new(BIO_s_secmem()));
    check(out && PEM_write_bio_PKCS8PrivateKey(
                     out.get(), public_key_.key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "write a key");
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

SignatureAlgorithm SigningKey::algorithm() const {
    return is_rsa(public_key_.key_.get()) ? SignatureAlgorithm::RS256 : SignatureAlgorithm::ES256;
}

std::string SigningKey::sign(SignatureAlgorithm algorithm, std::string_view data) const {
    EVP_PKEY* const key = public_key_.key_.get();
    if (!fits(algorithm, key)) {
        refuse(fmt::format("it cannot sign with {}", to_string(algorithm)));
    }
    const openssl::DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* padding = nullptr;
    check(context && EVP_DigestSignInit(context.get(), &padding, EVP_sha256(), nullptr, key) == 1,
          "sign");
    set_padding(padding, algorithm);
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
    std::size_t size = signature.size();
    check(EVP_DigestSign(context.get(), bytes(signature), &size, bytes(data), data.size()) == 1,
          "sign");
    signature.resize(size);
    return algorithm == SignatureAlgorithm::ES256 ? from_der(signature) : signature;
}

}  // namespace ingot::identity
