// SPDX-License-Identifier: Apache-2.0
// Keys, certificates and times for the tests of identity/. RSA keys are made once per program.
#pragma once

#include "identity/jwt.h"
#include "identity/key.h"

#include <ctime>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace ingot::identity::test {

inline const base::Timestamp kNow = *base::from_rfc3339("2026-11-20T12:00:00Z");

inline const SigningKey& rsa_key() {
    static const auto key = SigningKey::generate_rsa();
    return key;
}

inline const SigningKey& other_rsa_key() {
    static const auto key = SigningKey::generate_rsa();
    return key;
}

inline const SigningKey& ec_key() {
    static const auto key = SigningKey::generate_ec();
    return key;
}

// Self-signed, for `key`, valid for an hour before and after kNow unless told otherwise.
inline std::string certificate_pem(const SigningKey& key,
                                   base::Timestamp not_after = kNow + std::chrono::hours(1)) {
    const auto pem = key.to_pem();
    const std::unique_ptr<BIO, decltype(&BIO_vfree)> in(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_vfree);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pkey(
        PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), &X509_free);
    ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
    const auto seconds = [](base::Timestamp time) {
        return static_cast<std::time_t>(numeric_date(time));
    };
    ASN1_TIME_set(X509_getm_notBefore(x509.get()), seconds(kNow - std::chrono::hours(1)));
    ASN1_TIME_set(X509_getm_notAfter(x509.get()), seconds(not_after));
    X509_set_pubkey(x509.get(), pkey.get());
    X509_sign(x509.get(), pkey.get(), EVP_sha256());
    const std::unique_ptr<BIO, decltype(&BIO_vfree)> out(BIO_new(BIO_s_mem()), &BIO_vfree);
    PEM_write_bio_X509(out.get(), x509.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

// The code of the Error that `body` throws; empty if it throws none.
template <typename Body>
std::string code_of(Body&& body) {
    try {
        body();
    } catch (const base::Error& error) {
        return error.code();
    }
    return {};
}

}  // namespace ingot::identity::test
