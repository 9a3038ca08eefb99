// SPDX-License-Identifier: Apache-2.0
#include "identity/secret.h"

#include "identity/certificate.h"
#include "identity_support.h"

#include <cctype>
#include <set>

namespace ingot::identity {
namespace {

using test::code_of;
using test::kNow;

TEST(Secret, IsFortyUrlSafeCharacters) {
    std::set<std::string> all;
    for (int i = 0; i < 200; ++i) {
        const auto secret = generate_secret();
        EXPECT_EQ(secret.size(), 40U);
        EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(secret[0])) != 0) << secret[0];
        EXPECT_EQ(secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                           "0123456789-_"),
                  std::string::npos);
        all.insert(secret);
    }
    EXPECT_EQ(all.size(), 200U);
}

TEST(Secret, MatchesItsHashOnly) {
    const auto hash = hash_secret("correct horse", {.iterations = 2});
    EXPECT_TRUE(hash.starts_with("pbkdf2-sha256$2$")) << hash;
    EXPECT_TRUE(secret_matches("correct horse", hash));
    EXPECT_FALSE(secret_matches("correct horsf", hash));
    EXPECT_FALSE(secret_matches("", hash));
    EXPECT_NE(hash_secret("correct horse", {.iterations = 2}), hash);
}

// Checked against another implementation.
TEST(Secret, HashesAsPbkdf2Does) {
    const auto hash = hash_secret("", {.iterations = 1});
    EXPECT_EQ(hash.size(), std::string_view("pbkdf2-sha256$1$").size() + 22 + 1 + 43);
    // python3: hashlib.pbkdf2_hmac("sha256", b"password", b"0123456789abcdef", 2)
    EXPECT_TRUE(secret_matches(
        "password",
        "pbkdf2-sha256$2$MDEyMzQ1Njc4OWFiY2RlZg$RTZCeRbsxNsX_5cC2qwamnVfsX-aVE68Tp3EzhaJES4"));
}

TEST(Secret, NoticesADamagedHash) {
    const auto hash = hash_secret("x", {.iterations = 1});
    for (const auto& text : {std::string(),
                             std::string("pbkdf2-sha256"),
                             std::string("pbkdf2-sha256$1$$"),
                             std::string("md5") + hash.substr(13),
                             hash.substr(0, hash.size() - 1),
                             "pbkdf2-sha256$0" + hash.substr(15),
                             "pbkdf2-sha256$99999999999" + hash.substr(15),
                             "pbkdf2-sha256$-1" + hash.substr(15),
                             hash + "$"}) {
        EXPECT_EQ(code_of([&] { (void)secret_matches("x", text); }), "CorruptSecretHash") << text;
    }
}

TEST(ConstantTime, ComparesLikeEquality) {
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_TRUE(equal_in_constant_time("ab", "ab"));
    EXPECT_FALSE(equal_in_constant_time("ab", "ac"));
    EXPECT_FALSE(equal_in_constant_time("ab", "abc"));
}

TEST(Certificate, IsTakenOutOfWhatWasPasted) {
    const auto pem = test::certificate_pem(test::rsa_key());
    const auto certificate = PublicCertificate::from_pem(test::rsa_key().to_pem() + pem);
    EXPECT_EQ(certificate.pem(), pem);
    EXPECT_EQ(certificate.key().thumbprint(), test::rsa_key().public_key().thumbprint());
    EXPECT_EQ(certificate.not_before(), kNow - std::chrono::hours(1));
    EXPECT_EQ(certificate.not_after(), kNow + std::chrono::hours(1));
    EXPECT_EQ(certificate.x5t().size(), 27U);
    EXPECT_EQ(certificate.x5t_s256().size(), 43U);
    EXPECT_EQ(code_of([] { (void)PublicCertificate::from_pem("nonsense"); }), "InvalidCertificate");
}

}  // namespace
}  // namespace ingot::identity
