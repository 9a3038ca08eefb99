// SPDX-License-Identifier: Apache-2.0
// Certificates for a server that has none from elsewhere: a small authority of its own, and server
// certificates that it signs (P-256, SHA-256). All in memory, as PEM text; where they are kept and
// when they are renewed is the daemon's job.
#pragma once

#include "base/timestamp.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::http {

// Who a TLS server says it is. PEM text.
struct TlsIdentity {
    std::string certificate_chain;  // the server's own first
    std::string private_key;
};

struct ServerNames {
    std::vector<std::string> dns{};        // may start with *.
    std::vector<std::string> addresses{};  // IPv4 and IPv6, numeric
};

// An authority good for ten years.
[[nodiscard]] TlsIdentity make_authority(const std::string& common_name, base::Timestamp now);

// Signed by `authority`. Throws Error{InvalidArgument} for names that no certificate can carry and
// for an authority that is none.
[[nodiscard]] TlsIdentity make_server_certificate(
    const TlsIdentity& authority,
    const ServerNames& names,
    base::Timestamp now,
    std::chrono::days lifetime = std::chrono::days(365));

// Of the first certificate in the text, all of them. Throw Error{InvalidArgument} if it holds none.
[[nodiscard]] base::Timestamp expiry_of(std::string_view certificate_pem);
[[nodiscard]] bool expires_within(std::string_view certificate_pem,
                                  std::chrono::days days,
                                  base::Timestamp now);
[[nodiscard]] bool covers(std::string_view certificate_pem, const ServerNames& names);

// Whether `authority_pem` signed it.
[[nodiscard]] bool is_signed_by(std::string_view certificate_pem, std::string_view authority_pem);

}  // namespace ingot::http
