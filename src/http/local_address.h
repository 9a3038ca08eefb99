// SPDX-License-Identifier: Apache-2.0
// Which addresses are this host's alone. A server that fetches for others must not go there: what
// listens on loopback trusts whoever reaches it.
#pragma once

struct sockaddr;

namespace ingot::http {

// Loopback, link-local (with the metadata services of clouds) and unspecified addresses of IPv4 and
// IPv6, also IPv4 inside IPv6; RFC 6890. Other families are local.
[[nodiscard]] bool is_local_address(const sockaddr& address);

}  // namespace ingot::http
