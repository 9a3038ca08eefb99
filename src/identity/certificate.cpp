// SPDX-License-Identifier: Apache-2.0
#include "identity/certificate.h"

#include "identity/base64url.h"
#include "identity/openssl.h"

#include <ctime>
#include <utility>

#include <openssl/pem.h>

namespace ingot::identity {
namespace {

[[noreturn]] void refuse() {
    ERR_clear_error();
    throw base::Error(base::ErrorKind::InvalidArgument,
                      "InvalidCertificate",
                      "this is not an X.509 certificate in PEM");
}

std::string thumbprint(const X509* certificate, const EVP_MD* algorithm) {
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    openssl::check(X509_digest(certificate, algorithm, openssl::bytes(digest), &size) == 1,
                   "hash a certificate");
    return to_base64url(digest.substr(0, size));
}

base::Timestamp time_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        refuse();
    }
    return base::Timestamp(std::chrono::seconds(timegm(&parts)));
}

std::string to_pem(X509* certificate) {
    const openssl::Bio out(BIO_new(BIO_s_mem()));
    openssl::check(out && PEM_write_bio_X509(out.get(), certificate) == 1, "write a certificate");
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

}  // namespace

PublicCertificate PublicCertificate::from_pem(std::string_view pem) {
    const auto in = openssl::reader(pem);
    const openssl::Certificate parsed(
        PEM_read_bio_X509(in.get(), nullptr, openssl::no_pass_phrase, nullptr));
    std::shared_ptr<EVP_PKEY> key = openssl::Key(parsed ? X509_get_pubkey(parsed.get()) : nullptr);
    if (!key) {
        refuse();
    }
    PublicCertificate certificate{PublicKey(std::move(key))};
    certificate.x5t_ = thumbprint(parsed.get(), EVP_sha1());
    certificate.x5t_s256_ = thumbprint(parsed.get(), EVP_sha256());
    certificate.pem_ = to_pem(parsed.get());
    certificate.not_before_ = time_of(X509_get0_notBefore(parsed.get()));
    certificate.not_after_ = time_of(X509_get0_notAfter(parsed.get()));
    return certificate;
}

}  // namespace ingot::identity
