// SPDX-License-Identifier: Apache-2.0
#include "http/local_address.h"

#include <cstdint>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace ingot::http {
namespace {

bool is_local_v4(std::uint32_t address) {
    constexpr std::uint32_t kLinkLocal = 0xA9FE;  // 169.254.0.0/16
    const auto first = address >> 24U;
    return first == 0 || first == IN_LOOPBACKNET || (address >> 16U) == kLinkLocal;
}

bool is_local_v6(const in6_addr& address) {
    if (IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_V4COMPAT(&address)) {
        std::uint32_t inside = 0;
        std::memcpy(&inside, &address.s6_addr[12], sizeof inside);
        return is_local_v4(ntohl(inside));  // ::1 and :: are 0.0.0.1 and 0.0.0.0 in this form
    }
    return IN6_IS_ADDR_LOOPBACK(&address) || IN6_IS_ADDR_UNSPECIFIED(&address) ||
           IN6_IS_ADDR_LINKLOCAL(&address);
}

}  // namespace

bool is_local_address(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        return is_local_v4(ntohl(v4.sin_addr.s_addr));
    }
    if (address.sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address, sizeof v6);
        return is_local_v6(v6.sin6_addr);
    }
    return true;
}

}  // namespace ingot::http
