// SPDX-License-Identifier: Apache-2.0
#include "http/local_address.h"

#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace ingot::http {
namespace {

bool is_local(const std::string& text) {
    sockaddr_storage storage{};
    if (text.find(':') == std::string::npos) {
        sockaddr_in v4{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
        EXPECT_EQ(inet_pton(AF_INET, text.c_str(), &v4.sin_addr), 1);
        std::memcpy(&storage, &v4, sizeof v4);
    } else {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1);
        std::memcpy(&storage, &v6, sizeof v6);
    }
    return is_local_address(*reinterpret_cast<const sockaddr*>(&storage));
}

class LocalAddress : public testing::TestWithParam<const char*> {};

class OtherAddress : public testing::TestWithParam<const char*> {};

TEST_P(LocalAddress, IsThisHostsAlone) {
    EXPECT_TRUE(is_local(GetParam()));
}

TEST_P(OtherAddress, MayBeAsked) {
    EXPECT_FALSE(is_local(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Http,
                         LocalAddress,
                         testing::Values("127.0.0.1",
                                         "127.9.9.9",
                                         "0.0.0.0",
                                         "169.254.169.254",
                                         "::1",
                                         "::",
                                         "fe80::1",
                                         "::ffff:127.0.0.1",
                                         "::ffff:169.254.169.254"));
INSTANTIATE_TEST_SUITE_P(Http,
                         OtherAddress,
                         testing::Values("10.0.0.1",
                                         "192.168.1.1",
                                         "172.16.0.1",
                                         "203.0.113.7",
                                         "fd00::1",
                                         "2001:db8::1",
                                         "::ffff:10.0.0.1"));

}  // namespace
}  // namespace ingot::http
