// SPDX-License-Identifier: Apache-2.0
// What all TLS connections of a server share (OpenSSL's SSL_CTX): certificate, protocol versions,
// session tickets. It opens no connections.
#pragma once

#include "http/certificates.h"

#include <memory>

struct ssl_st;
struct ssl_ctx_st;

namespace ingot::http {

struct FreeSession {
    void operator()(ssl_st* session) const noexcept;
};

using TlsSession = std::unique_ptr<ssl_st, FreeSession>;

class TlsContext {
  public:
    // Throws Error{InvalidArgument} for a certificate and key that are none or do not belong
    // together.
    explicit TlsContext(const TlsIdentity& identity);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    // The server's side of one connection over the non-blocking socket `fd`, which it does not own.
    // It outlives the context if need be.
    [[nodiscard]] TlsSession new_session(int fd) const;

  private:
    ssl_ctx_st* context_;
};

}  // namespace ingot::http
