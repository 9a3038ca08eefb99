// SPDX-License-Identifier: Apache-2.0
#include "http/certificates.h"

#include "base/error.h"
#include "base/freed.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <optional>

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace ingot::http {
namespace {

using base::ErrorKind;
using base::Freed;

using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using MemoryBio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;

constexpr auto kAuthorityLifetime = std::chrono::days(3650);
// A guest's clock may be behind when it first talks to us.
constexpr auto kBackdated = std::chrono::days(1);

base::Error invalid(const std::string& message, const std::string& target = {}) {
    ERR_clear_error();
    return {ErrorKind::InvalidArgument, "InvalidCertificate", message, target};
}

void require(bool succeeded, const char* what) {
    if (!succeeded) {
        std::array<char, 256> reason{};
        ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
        ERR_clear_error();
        throw base::Error(
            ErrorKind::Internal, "TlsFailed", std::string(what) + " failed: " + reason.data());
    }
}

MemoryBio bio_of(std::string_view text) {
    return MemoryBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Certificate read_certificate(std::string_view pem) {
    const auto bio = bio_of(pem);
    Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!certificate) {
        throw invalid("the text holds no certificate in PEM form");
    }
    return certificate;
}

Key read_key(std::string_view pem) {
    const auto bio = bio_of(pem);
    // An empty passphrase rather than a question on the terminal.
    Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>("")));
    if (!key) {
        throw invalid("the text holds no unencrypted private key in PEM form");
    }
    return key;
}

std::string text_of(const MemoryBio& bio) {
    const char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

TlsIdentity to_pem(const Certificate& certificate, const Key& key) {
    const MemoryBio chain(BIO_new(BIO_s_mem()));
    const MemoryBio secret(BIO_new(BIO_s_mem()));
    require(PEM_write_bio_X509(chain.get(), certificate.get()) == 1 &&
                PEM_write_bio_PKCS8PrivateKey(
                    secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
            "writing a certificate");
    return {.certificate_chain = text_of(chain), .private_key = text_of(secret)};
}

// Random, positive, under the 20 bytes that RFC 5280 allows.
void set_serial_number(const Certificate& certificate) {
    const Number number(BN_new());
    require(
        number && BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
            BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get())) != nullptr,
        "making a serial number");
}

void set_time(ASN1_TIME* field, base::Timestamp time) {
    require(ASN1_TIME_set(field, std::chrono::system_clock::to_time_t(time)) != nullptr,
            "setting a certificate's validity");
}

void set_validity(const Certificate& certificate, base::Timestamp now, std::chrono::days lifetime) {
    set_time(X509_getm_notBefore(certificate.get()), now - kBackdated);
    set_time(X509_getm_notAfter(certificate.get()), now + lifetime);
}

void set_common_name(X509_NAME* name, const std::string& common_name) {
    constexpr std::size_t kLongest = 64;  // RFC 5280, ub-common-name
    if (common_name.empty() || common_name.size() > kLongest) {
        throw invalid("a common name has 1 to 64 bytes", common_name);
    }
    require(X509_NAME_add_entry_by_txt(name,
                                       "CN",
                                       MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(common_name.data()),
                                       static_cast<int>(common_name.size()),
                                       -1,
                                       0) == 1,
            "naming a certificate");
}

void add_extension(const Certificate& certificate,
                   const X509* issuer,
                   int kind,
                   const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, const_cast<X509*>(issuer), certificate.get(), nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    require(extension && X509_add_ext(certificate.get(), extension.get(), -1) == 1,
            "extending a certificate");
}

// What both kinds have in common; unsigned.
Certificate blank_certificate(const Key& key, base::Timestamp now, std::chrono::days lifetime) {
    Certificate certificate(X509_new());
    require(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
                X509_set_pubkey(certificate.get(), key.get()) == 1,
            "making a certificate");
    set_serial_number(certificate);
    set_validity(certificate, now, lifetime);
    return certificate;
}

void sign(const Certificate& certificate, const Key& key) {
    require(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "signing a certificate");
}

Key new_key() {
    Key key(EVP_EC_gen("P-256"));
    require(key != nullptr, "making a key");
    return key;
}

bool is_dns_name(std::string_view name) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_';
    };
    if (name.starts_with("*.")) {
        name.remove_prefix(2);
    }
    return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, allowed);
}

bool is_address(const std::string& text) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    return ::inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
           ::inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

// In the syntax of x509v3_config(5), which is why every name is checked first.
std::string alternative_names(const ServerNames& names) {
    std::string result;
    for (const auto& name : names.dns) {
        if (!is_dns_name(name)) {
            throw invalid("this is no DNS name that a certificate can carry", name);
        }
        result += (result.empty() ? "DNS:" : ",DNS:") + name;
    }
    for (const auto& address : names.addresses) {
        if (!is_address(address)) {
            throw invalid("this is no IP address", address);
        }
        result += (result.empty() ? "IP:" : ",IP:") + address;
    }
    if (result.empty()) {
        throw invalid("a server certificate needs a name");
    }
    return result;
}

void add_server_extensions(const Certificate& certificate,
                           const X509* authority,
                           const std::string& names) {
    add_extension(certificate, authority, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate, authority, NID_key_usage, "critical,digitalSignature");
    add_extension(certificate, authority, NID_ext_key_usage, "serverAuth");
    add_extension(certificate, authority, NID_subject_alt_name, names);
    add_extension(certificate, authority, NID_subject_key_identifier, "hash");
    add_extension(certificate, authority, NID_authority_key_identifier, "keyid:always");
}

std::string short_name_of(const ServerNames& names) {
    constexpr std::size_t kLongest = 64;
    const auto& first = names.dns.empty() ? names.addresses.front() : names.dns.front();
    return first.substr(0, kLongest);
}

}  // namespace

TlsIdentity make_authority(const std::string& common_name, base::Timestamp now) {
    const auto key = new_key();
    const auto certificate = blank_certificate(key, now, kAuthorityLifetime);
    auto* const name = X509_get_subject_name(certificate.get());
    set_common_name(name, common_name);
    require(X509_set_issuer_name(certificate.get(), name) == 1, "naming an authority");
    // It signs servers, not further authorities.
    add_extension(
        certificate, certificate.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    add_extension(certificate, certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(certificate, certificate.get(), NID_subject_key_identifier, "hash");
    sign(certificate, key);
    return to_pem(certificate, key);
}

TlsIdentity make_server_certificate(const TlsIdentity& authority,
                                    const ServerNames& names,
                                    base::Timestamp now,
                                    std::chrono::days lifetime) {
    const auto signed_names = alternative_names(names);
    const auto issuer = read_certificate(authority.certificate_chain);
    const auto issuer_key = read_key(authority.private_key);
    if (X509_check_ca(issuer.get()) == 0 ||
        X509_check_private_key(issuer.get(), issuer_key.get()) != 1) {
        throw invalid("this certificate and key are no authority");
    }
    const auto key = new_key();
    const auto certificate = blank_certificate(key, now, lifetime);
    set_common_name(X509_get_subject_name(certificate.get()), short_name_of(names));
    require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get())) == 1,
            "naming an issuer");
    add_server_extensions(certificate, issuer.get(), signed_names);
    sign(certificate, issuer_key);
    return to_pem(certificate, key);
}

base::Timestamp expiry_of(std::string_view certificate_pem) {
    const auto certificate = read_certificate(certificate_pem);
    std::tm end{};
    require(ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) == 1,
            "reading a certificate's validity");
    return std::chrono::time_point_cast<base::Timestamp::duration>(
        std::chrono::system_clock::from_time_t(::timegm(&end)));
}

bool expires_within(std::string_view certificate_pem, std::chrono::days days, base::Timestamp now) {
    return expiry_of(certificate_pem) <= now + days;
}

bool covers(std::string_view certificate_pem, const ServerNames& names) {
    const auto certificate = read_certificate(certificate_pem);
    return std::ranges::all_of(
               names.dns,
               [&](const std::string& name) {
                   return X509_check_host(
                              certificate.get(), name.data(), name.size(), 0, nullptr) == 1;
               }) &&
           std::ranges::all_of(names.addresses, [&](const std::string& address) {
               return X509_check_ip_asc(certificate.get(), address.c_str(), 0) == 1;
           });
}

bool is_signed_by(std::string_view certificate_pem, std::string_view authority_pem) {
    const auto certificate = read_certificate(certificate_pem);
    const auto authority = read_certificate(authority_pem);
    const bool good = X509_check_issued(authority.get(), certificate.get()) == X509_V_OK &&
                      X509_verify(certificate.get(), X509_get0_pubkey(authority.get())) == 1;
    ERR_clear_error();
    return good;
}

}  // namespace ingot::http
