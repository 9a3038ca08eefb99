// SPDX-License-Identifier: Apache-2.0
#include "identity/jwt.h"

#include "identity/base64url.h"
#include "identity_support.h"

#include <array>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace ingot::identity {
namespace {

using test::code_of;
using test::ec_key;
using test::kNow;
using test::other_rsa_key;
using test::rsa_key;

constexpr std::array kRs256 = {SignatureAlgorithm::RS256};
constexpr std::array kEs256 = {SignatureAlgorithm::ES256};
constexpr std::array kPs256 = {SignatureAlgorithm::PS256};
constexpr std::array kAll = {
    SignatureAlgorithm::RS256, SignatureAlgorithm::PS256, SignatureAlgorithm::ES256};

// RFC 7515, appendices A.2 and A.3.
constexpr std::string_view kJoesClaims =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    "fQ";
constexpr std::string_view kA2Modulus =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4"
    "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5re"
    "xMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxX"
    "FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
constexpr std::string_view kA2Signature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
    "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb"
    "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
    "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
constexpr std::string_view kA3Signature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

// Made with Python's cryptography 48: another implementation of RSA-PSS.
constexpr std::string_view kPssModulus =
    "1zbJOdit-0BzTXzHajpjo2U8L3SGD2RQ2eJIRuwjE9skPOJXOjFLdr_"
    "yQp0TiEiPV4yWBQUwURky8u6q6tKoiGnUodP4KmNUobBTpS9DQE-qpXT9s6HWG4l7p9kySpInFdpQ_"
    "BYVbROT5iuiBACgJ2YKtc2BpJNoxn0ksL_vWqUhaSDC89cdYuimOhkPb4XNgVH0j6KkEEXpDfwR0P09HDXuXX-LYkAnEq-"
    "glYh31Bk6e0ZFY-8yaPav61X4uHa44WU_FQqbqV1RQlx7bWCX4UHhHIRGcEBHzVLByI5GHf_VztdFN-"
    "TYdwq14tmC47ptxqTeGl3d2eelX5ivULJMsQ";
constexpr std::string_view kPssToken =
    "eyJhbGciOiJQUzI1NiJ9.eyJpc3MiOiJhZGEifQ.k86K_ubB_"
    "v0aSSkhbc2NuG2lIqTT3prvlHNBucVTcrUFuZKElUhd7O1-s_"
    "mllLIet3RWEK5GwmwcxrqlI50oKxMIjpXZM8Ll4ndufuuBHZqB_-"
    "dsiPV07jCS6NgdK3uPBVV7KDmKHmpdhOh5wHJUZyszCqvmwhX8Jyh4jGbNQgcO7oR0KwBasJp83qXtR34406mW0oxdNVO0"
    "QjDwKWTa1u2ke8yrXk-03ncKoV3eaKtzyAcUvKozHcBoeUfNswSYLwoqKAs4GalJzZwUmS-"
    "mZZ4CSI6ctYKz960JHxy1pmBWWm9y3Z3c2vHZjplA1ztt9uubzZLDSKx_YSejolK0hA";

PublicKey rsa_public(std::string_view modulus) {
    return PublicKey::from_jwk({{"kty", "RSA"}, {"e", "AQAB"}, {"n", modulus}});
}

std::string joined(std::string_view header, std::string_view claims, std::string_view signature) {
    return std::string(header).append(".").append(claims).append(".").append(signature);
}

std::string encoded(std::string_view json) {
    return to_base64url(json);
}

std::string code_of_verifying(std::string_view token,
                              const PublicKey& key,
                              std::span<const SignatureAlgorithm> allowed) {
    return code_of([&] { verify_signature(parse_jwt(token), key, allowed); });
}

TEST(Base64Url, GoesThereAndBack) {
    // RFC 4648 section 10, without the padding.
    EXPECT_EQ(to_base64url(""), "");
    EXPECT_EQ(to_base64url("f"), "Zg");
    EXPECT_EQ(to_base64url("fo"), "Zm8");
    EXPECT_EQ(to_base64url("foobar"), "Zm9vYmFy");
    EXPECT_EQ(to_base64url("\xfb\xff"), "-_8");
    EXPECT_EQ(from_base64url("Zm9vYg"), "foob");
    EXPECT_EQ(from_base64url(""), "");
}

TEST(Base64Url, IsStrict) {
    for (const std::string_view text :
         {"Zg==", "Z", "Zm9vY", "Zm8=", "Zh", "Zm9", "+_8", "-/8", "Zm 8", "Zm8\n", "Zm8\xff"}) {
        EXPECT_FALSE(from_base64url(text)) << text;
    }
}

TEST(Jwt, VerifiesTheExampleOfRfc7515A2) {
    const auto token = joined("eyJhbGciOiJSUzI1NiJ9", kJoesClaims, kA2Signature);
    EXPECT_EQ(code_of_verifying(token, rsa_public(kA2Modulus), kRs256), "");
    EXPECT_EQ(text_claim(parse_jwt(token).claims, "iss"), "joe");
    EXPECT_EQ(code_of_verifying(token, rsa_key().public_key(), kRs256), kBadSignature);
}

TEST(Jwt, VerifiesTheExampleOfRfc7515A3) {
    const auto key = PublicKey::from_jwk({{"kty", "EC"},
                                          {"crv", "P-256"},
                                          {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
                                          {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}});
    const auto token = joined("eyJhbGciOiJFUzI1NiJ9", kJoesClaims, kA3Signature);
    EXPECT_EQ(code_of_verifying(token, key, kEs256), "");
    EXPECT_EQ(code_of_verifying(token, ec_key().public_key(), kEs256), kBadSignature);
}

TEST(Jwt, VerifiesPssOfAnotherImplementation) {
    EXPECT_EQ(code_of_verifying(kPssToken, rsa_public(kPssModulus), kPs256), "");
    EXPECT_EQ(code_of_verifying(kPssToken, rsa_public(kPssModulus), kRs256), kBadSignature);
}

TEST(Jwt, SignsWithEveryAlgorithm) {
    for (const auto algorithm : kAll) {
        const auto& key = algorithm == SignatureAlgorithm::ES256 ? ec_key() : rsa_key();
        const auto token = sign_jwt(key, {{"sub", "ada"}}, {{"x5t", "t"}}, algorithm);
        const auto parsed = parse_jwt(token);
        EXPECT_EQ(parsed.algorithm, algorithm);
        EXPECT_EQ(text_claim(parsed.header, "kid"), key.public_key().thumbprint());
        EXPECT_EQ(text_claim(parsed.header, "x5t"), "t");
        EXPECT_NO_THROW(verify_signature(parsed, key.public_key(), kAll));
    }
}

TEST(Jwt, NoticesEveryChangedByte) {
    const auto token = sign_jwt(ec_key(), {{"sub", "ada"}});
    for (std::size_t i = 0; i < token.size(); ++i) {
        auto changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        EXPECT_NE(code_of_verifying(changed, ec_key().public_key(), kAll), "") << i;
    }
}

TEST(Jwt, TheTokenHasNoSayInTheAlgorithm) {
    const auto token = sign_jwt(rsa_key(), {{"sub", "ada"}});
    EXPECT_EQ(code_of_verifying(token, rsa_key().public_key(), kEs256), kBadSignature);
    EXPECT_EQ(code_of_verifying(token, rsa_key().public_key(), kPs256), kBadSignature);
    EXPECT_EQ(code_of_verifying(token, ec_key().public_key(), kAll), kBadSignature);
    const auto relabelled = joined(encoded(R"({"alg":"PS256"})"),
                                   encoded(R"({"sub":"ada"})"),
                                   token.substr(token.rfind('.') + 1));
    EXPECT_EQ(code_of_verifying(relabelled, rsa_key().public_key(), kAll), kBadSignature);
}

TEST(Jwt, RefusesWhatIsNoToken) {
    const auto good = encoded(R"({"alg":"RS256"})");
    const auto body = encoded("{}");
    for (const auto& token :
         {std::string(),
          std::string("."),
          std::string(".."),
          std::string("a.b"),
          good + "." + body,
          good + "." + body + ".AA.AA",
          joined(encoded(R"({"alg":"none"})"), body, ""),
          joined(encoded(R"({"alg":"None"})"), body, ""),
          joined(encoded(R"({"alg":"HS256"})"), body, "AAAA"),
          joined(encoded(R"({"alg":"rs256"})"), body, "AAAA"),
          joined(encoded(R"({"alg":["RS256"]})"), body, "AAAA"),
          joined(encoded("{}"), body, "AAAA"),
          joined(encoded("[]"), body, "AAAA"),
          joined(encoded(R"({"alg":"RS256","alg":"ES256"})"), body, "AAAA"),
          joined(encoded(R"({"alg":"RS256","crit":["b64"],"b64":false})"), body, "AAAA"),
          joined(good, encoded("[1]"), "AAAA"),
          joined(good, encoded("{"), "AAAA"),
          joined(good, encoded(R"({"a":1,"a":2})"), "AAAA"),
          joined(good, encoded(R"({"a":)" + std::string(40, '[') + std::string(40, ']') + "}"), ""),
          joined(good + "=", body, "AAAA"),
          joined(good, body, "AA AA"),
          joined(good, std::string(kLargestJwt, 'A'), "AAAA")}) {
        EXPECT_EQ(code_of([&] { (void)parse_jwt(token); }), kMalformedToken) << token;
    }
}

TEST(Jwt, ErrorsDoNotQuoteTheToken) {
    try {
        (void)parse_jwt("eyJhbGciOiJSUzI1NiJ9.c2VjcmV0.!");
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.message().find("c2VjcmV0"), std::string::npos);
        EXPECT_EQ(error.kind(), base::ErrorKind::Unauthenticated);
    }
}

TEST(Times, AllowFiveMinutesOfSkew) {
    const auto now = numeric_date(kNow);

    struct Case {
        boost::json::object claims;
        std::string_view code;
    };

    for (const Case& c : {Case{{{"exp", now + 60}}, ""},
                          {{{"exp", now - 299}}, ""},
                          {{{"exp", now - 300}}, kExpiredToken},
                          {{{"exp", static_cast<double>(now) + 60.5}}, ""},
                          {{{"exp", now + 60}, {"nbf", now + 300}, {"iat", now}}, ""},
                          {{{"exp", now + 60}, {"nbf", now + 301}}, kExpiredToken},
                          {{{"exp", now + 60}, {"iat", now + 301}}, kExpiredToken},
                          {{{"exp", now + 60}, {"nbf", "soon"}}, kExpiredToken},
                          {boost::json::object{}, kMalformedToken},
                          {{{"exp", "9999999999"}}, kMalformedToken},
                          {{{"exp", -1}}, kMalformedToken},
                          {{{"exp", 1e300}}, kMalformedToken},
                          {{{"exp", 18446744073709551615U}}, kMalformedToken}}) {
        EXPECT_EQ(code_of([&] { check_times(c.claims, {.now = kNow}); }), c.code)
            << boost::json::serialize(c.claims);
    }
}

TEST(Audiences, AreOneOrSeveral) {
    using Texts = std::vector<std::string>;
    EXPECT_EQ(audiences_of({{"aud", "a"}}), Texts{"a"});
    EXPECT_EQ(audiences_of({{"aud", boost::json::array{"a", 1, "b"}}}), (Texts{"a", "b"}));
    EXPECT_EQ(audiences_of({{"aud", 7}}), Texts{});
    EXPECT_EQ(audiences_of({}), Texts{});
}

TEST(Keys, HaveTheThumbprintOfRfc7638) {
    const auto key = rsa_public(
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJE"
        "CPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Q"
        "vzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6"
        "WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw");
    EXPECT_EQ(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    EXPECT_EQ(text_claim(key.to_jwk(), "kid"), key.thumbprint());
}

TEST(Keys, SurviveJwkAndPem) {
    for (const auto* key : {&rsa_key(), &ec_key()}) {
        const auto jwk = key->public_key().to_jwk();
        EXPECT_FALSE(jwk.contains("d"));
        EXPECT_EQ(PublicKey::from_jwk(jwk).thumbprint(), key->public_key().thumbprint());
        const auto again = SigningKey::from_pem(key->to_pem());
        EXPECT_EQ(again.public_key().thumbprint(), key->public_key().thumbprint());
        EXPECT_TRUE(key->public_key().verifies(
            again.algorithm(), "data", again.sign(again.algorithm(), "data")));
    }
}

TEST(Keys, RefuseWhatIsNoneOrWeak) {
    const auto ec = ec_key().public_key().to_jwk();
    auto off_curve = ec;
    off_curve["y"] = off_curve["x"];
    auto other_curve = ec;
    other_curve["crv"] = "P-384";
    const auto small = to_base64url(std::string(128, '\xff'));
    const auto huge = to_base64url(std::string(2048, '\xff'));
    for (const boost::json::object& jwk :
         {boost::json::object{},
          {{"kty", "oct"}, {"k", "AAAA"}},
          {{"kty", "RSA"}, {"e", "AQAB"}},
          {{"kty", "RSA"}, {"e", "AQAB"}, {"n", small}},
          {{"kty", "RSA"}, {"e", "AQAB"}, {"n", huge}},
          {{"kty", "RSA"}, {"e", "AQ"}, {"n", kA2Modulus}},
          {{"kty", "RSA"}, {"e", "AA"}, {"n", kA2Modulus}},
          {{"kty", "RSA"}, {"e", kA2Modulus}, {"n", kA2Modulus}},
          {{"kty", "RSA"}, {"e", "AQAB="}, {"n", kA2Modulus}},
          off_curve,
          other_curve,
          {{"kty", "EC"}, {"crv", "P-256"}, {"x", "AA"}, {"y", "AA"}}}) {
        EXPECT_EQ(code_of([&] { (void)PublicKey::from_jwk(jwk); }), "InvalidKey")
            << boost::json::serialize(jwk);
    }
    EXPECT_EQ(code_of([] { (void)SigningKey::from_pem("no key"); }), "InvalidKey");
    EXPECT_EQ(code_of([] { (void)PublicKey::from_pem(rsa_key().to_pem()); }), "InvalidKey");
}

}  // namespace
}  // namespace ingot::identity
