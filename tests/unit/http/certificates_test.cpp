// SPDX-License-Identifier: Apache-2.0
#include "http/certificates.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace ingot::http {
namespace {

using std::chrono::days;

const base::Timestamp kNow = *base::from_rfc3339("2026-11-20T12:00:00Z");

const TlsIdentity& authority() {
    static const auto authority = make_authority("An authority", kNow);
    return authority;
}

TEST(Certificate, CoversItsNamesAndNoOthers) {
    const ServerNames names = {.dns = {"localhost", "*.example.org"},
                               .addresses = {"127.0.0.1", "::1"}};
    const auto pem = make_server_certificate(authority(), names, kNow).certificate_chain;
    EXPECT_TRUE(covers(pem, names));
    EXPECT_TRUE(covers(pem, {.dns = {"a.example.org"}}));
    EXPECT_TRUE(covers(pem, {}));
    EXPECT_FALSE(covers(pem, {.dns = {"localhost", "example.org"}}));
    EXPECT_FALSE(covers(pem, {.dns = {"127.0.0.1"}}));
    EXPECT_FALSE(covers(pem, {.addresses = {"127.0.0.2"}}));
}

TEST(Certificate, LastsAsLongAsAskedFor) {
    const auto pem =
        make_server_certificate(authority(), {.dns = {"h"}}, kNow, days(30)).certificate_chain;
    EXPECT_EQ(expiry_of(pem), kNow + days(30));
    EXPECT_TRUE(expires_within(pem, days(30), kNow));
    EXPECT_FALSE(expires_within(pem, days(29), kNow));
    EXPECT_EQ(expiry_of(authority().certificate_chain), kNow + days(3650));
}

TEST(Certificate, KnowsWhoSignedIt) {
    const auto pem = make_server_certificate(authority(), {.dns = {"h"}}, kNow).certificate_chain;
    EXPECT_TRUE(is_signed_by(pem, authority().certificate_chain));
    // The same name is not the same authority.
    EXPECT_FALSE(is_signed_by(pem, make_authority("An authority", kNow).certificate_chain));
    EXPECT_FALSE(is_signed_by(pem, pem));
}

TEST(Certificate, IsNotMadeOfNonsense) {
    for (const ServerNames& names : {ServerNames{},
                                     {.dns = {""}},
                                     {.dns = {"a b"}},
                                     {.dns = {"a,DNS:evil.org"}},
                                     {.dns = {"*.*.org"}},
                                     {.addresses = {"localhost"}},
                                     {.addresses = {"127.0.0.1,DNS:evil.org"}}}) {
        EXPECT_THROW(static_cast<void>(make_server_certificate(authority(), names, kNow)),
                     base::Error);
    }
    const auto server = make_server_certificate(authority(), {.dns = {"h"}}, kNow);
    EXPECT_THROW(static_cast<void>(make_server_certificate(server, {.dns = {"h"}}, kNow)),
                 base::Error);
    EXPECT_THROW(static_cast<void>(make_authority("", kNow)), base::Error);
    EXPECT_THROW(static_cast<void>(expiry_of("nonsense")), base::Error);
}

}  // namespace
}  // namespace ingot::http
