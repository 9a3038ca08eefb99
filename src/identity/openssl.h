// SPDX-License-Identifier: Apache-2.0
// Owners of OpenSSL's objects and the one way its failures are reported. Only for the .cpp files of
// identity/: what OpenSSL says about a failure is not shown, since it may quote its input.
#pragma once

#include "base/error.h"
#include "base/freed.h"

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

namespace ingot::identity::openssl {

using base::Freed;

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_vfree>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_clear_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;

// For calls that fail only if the library is broken or memory is short: throws Error{Internal}.
inline void check(bool worked, const char* what) {
    if (!worked) {
        ERR_clear_error();
        throw base::Error(base::ErrorKind::Internal,
                          "CryptographyFailed",
                          std::string("OpenSSL could not ") + what);
    }
}

inline const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

inline unsigned char* bytes(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

// A BIO that reads `text`, which has to outlive it.
inline Bio reader(std::string_view text) {
    Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    check(bio != nullptr, "open a buffer");
    return bio;
}

// The pass phrase callback of everything that reads PEM: OpenSSL's own asks on the terminal.
inline int no_pass_phrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) {
    return -1;
}

}  // namespace ingot::identity::openssl
