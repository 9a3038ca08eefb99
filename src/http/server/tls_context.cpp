// SPDX-License-Identifier: Apache-2.0
#include "http/server/tls_context.h"

#include "base/error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace ingot::http {
namespace {

using base::ErrorKind;

int fd_of(BIO* bio) {
    return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int write_socket(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    const auto sent = ::send(fd_of(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
        BIO_set_retry_write(bio);
    }
    return static_cast<int>(sent);
}

int read_socket(BIO* bio, char* data, int size) {
    BIO_clear_retry_flags(bio);
    const auto got = ::recv(fd_of(bio), data, static_cast<std::size_t>(size), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        BIO_set_retry_read(bio);
    }
    return static_cast<int>(got);
}

long control_socket(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// OpenSSL's own socket BIO calls write(), and a client that has gone would raise SIGPIPE.
BIO_METHOD* make_socket_method() {
    auto* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ingot socket");
    if (method == nullptr) {
        throw std::bad_alloc();
    }
    BIO_meth_set_write(method, write_socket);
    BIO_meth_set_read(method, read_socket);
    BIO_meth_set_ctrl(method, control_socket);
    return method;
}

const BIO_METHOD* socket_method() {
    static const BIO_METHOD* const kMethod = make_socket_method();
    return kMethod;
}

base::Error unusable(const std::string& message) {
    std::array<char, 256> reason{};
    ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
    ERR_clear_error();
    return {ErrorKind::InvalidArgument, "InvalidCertificate", message + ": " + reason.data()};
}

BIO* bio_of(const std::string& text) {
    auto* const bio = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
    if (bio == nullptr) {
        throw std::bad_alloc();
    }
    return bio;
}

void use_chain(SSL_CTX* context, const std::string& pem) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(bio_of(pem), BIO_free);
    bool any = false;
    while (auto* const certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
        // add1 and use_certificate both take a reference of their own.
        const bool taken = any ? SSL_CTX_add1_chain_cert(context, certificate) == 1
                               : SSL_CTX_use_certificate(context, certificate) == 1;
        X509_free(certificate);
        if (!taken) {
            throw unusable("the certificate cannot be used");
        }
        any = true;
    }
    if (!any) {
        throw unusable("the certificate chain holds no certificate in PEM form");
    }
    ERR_clear_error();  // what ended the loop
}

void use_key(SSL_CTX* context, const std::string& pem) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(bio_of(pem), BIO_free);
    // An empty passphrase rather than a question on the terminal.
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>("")), EVP_PKEY_free);
    if (!key) {
        throw unusable("there is no unencrypted private key in PEM form");
    }
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        throw unusable("the private key is not the certificate's");
    }
}

int choose_protocol(SSL* /*session*/,
                    const unsigned char** chosen,
                    unsigned char* chosen_size,
                    const unsigned char* offered,
                    unsigned offered_size,
                    void* /*nothing*/) {
    static constexpr std::string_view kOurs = "\x08http/1.1";
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found,
                              chosen_size,
                              reinterpret_cast<const unsigned char*>(kOurs.data()),
                              static_cast<unsigned>(kOurs.size()),
                              offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

void set_policy(SSL_CTX* context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    // Partial writes from a buffer that may have moved, and no buffers kept by idle connections.
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                         SSL_MODE_RELEASE_BUFFERS);
    // One recv for a small request instead of two.
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    constexpr std::string_view kSessions = "ingot";
    SSL_CTX_set_session_id_context(context,
                                   reinterpret_cast<const unsigned char*>(kSessions.data()),
                                   static_cast<unsigned>(kSessions.size()));
}

}  // namespace

void FreeSession::operator()(ssl_st* session) const noexcept {
    SSL_free(session);
}

TlsContext::TlsContext(const TlsIdentity& identity) : context_(SSL_CTX_new(TLS_server_method())) {
    if (context_ == nullptr) {
        throw std::bad_alloc();
    }
    try {
        set_policy(context_);
        use_chain(context_, identity.certificate_chain);
        use_key(context_, identity.private_key);
    } catch (...) {
        SSL_CTX_free(context_);
        throw;
    }
}

TlsContext::~TlsContext() {
    SSL_CTX_free(context_);
}

TlsSession TlsContext::new_session(int fd) const {
    TlsSession session(SSL_new(context_));
    auto* const bio = BIO_new(socket_method());
    if (!session || bio == nullptr) {
        BIO_free(bio);
        throw std::bad_alloc();
    }
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
    BIO_set_init(bio, 1);
    SSL_set_bio(session.get(), bio, bio);
    SSL_set_accept_state(session.get());
    return session;
}

}  // namespace ingot::http
