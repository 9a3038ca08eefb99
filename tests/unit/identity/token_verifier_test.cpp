// SPDX-License-Identifier: Apache-2.0
#include "identity/authenticator.h"
#include "identity/discovery.h"
#include "identity/oidc_token_verifier.h"
#include "identity/token_issuer.h"
#include "identity_support.h"

#include <map>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace ingot::identity {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using test::code_of;
using test::ec_key;
using test::kNow;
using test::other_rsa_key;
using test::rsa_key;

constexpr std::string_view kIssuer = "https://localhost:8443/t/v2.0";
constexpr std::string_view kOwn = "https://localhost:8443/";
constexpr std::string_view kForeignIssuer = "https://login.example.org";
constexpr std::string_view kForeignDiscovery =
    "https://login.example.org/.well-known/openid-configuration";

const base::Cancellation kNoEnd;

ServicePrincipal application() {
    return {.client_id = "client", .object_id = "object", .tenant_id = "t"};
}

TokenIssuer issuer(const SigningKey& key = rsa_key()) {
    return {{.issuer = std::string(kIssuer), .tenant_id = "t"}, key};
}

std::unique_ptr<TokenVerifier> built_in() {
    return std::make_unique<BuiltInTokenVerifier>(
        std::string(kIssuer),
        "t",
        std::vector{rsa_key().public_key(), ec_key().public_key()},
        AcceptedAudiences({std::string(kOwn)}));
}

std::string code_of_verifying(const std::string& token, base::Timestamp now = kNow) {
    return code_of([&] { (void)built_in()->verify(parse_jwt(token), now, kNoEnd); });
}

// The claims of a good token, with some changed.
std::string token_with(const boost::json::object& changes, const SigningKey& key = rsa_key()) {
    auto claims = parse_jwt(issuer().issue(application(), kOwn, kNow).text).claims;
    for (const auto& [name, value] : changes) {
        claims[name] = value;
    }
    return sign_jwt(key, claims);
}

TEST(Resource, IsWhatTheScopeNames) {
    EXPECT_EQ(resource_of_scope("https://localhost:8443//.default"), "https://localhost:8443");
    EXPECT_EQ(resource_of_scope("https://localhost:8443/.default"), "https://localhost:8443");
    EXPECT_EQ(resource_of_scope("https://management.azure.com/.default openid  profile"),
              "https://management.azure.com");
    for (const std::string_view scope : {"",
                                         "openid",
                                         "https://a",
                                         "https://a/user_impersonation",
                                         "/.default",
                                         "a/.default b/.default"}) {
        EXPECT_EQ(resource_of_scope(scope), std::nullopt) << scope;
    }
}

TEST(Audience, IsOursOrAzures) {
    const AcceptedAudiences audiences({std::string(kOwn)});
    for (const std::string_view good : {"https://localhost:8443",
                                        "https://LOCALHOST:8443//",
                                        "https://management.azure.com",
                                        "https://management.azure.com/",
                                        "https://management.core.windows.net/"}) {
        EXPECT_TRUE(audiences.accepts(good)) << good;
    }
    for (const std::string_view bad :
         {"", "https://localhost", "https://management.azure.com.evil.org", "https://graph"}) {
        EXPECT_FALSE(audiences.accepts(bad)) << bad;
    }
}

TEST(TokenIssuer, WritesWhatEntraWrites) {
    auto identity = application();
    identity.resource_id = "/subscriptions/s/id";
    const auto token = issuer().issue(identity, "https://management.azure.com//", kNow);
    const auto claims = parse_jwt(token.text).claims;
    EXPECT_EQ(text_claim(claims, "iss"), kIssuer);
    EXPECT_EQ(text_claim(claims, "aud"), "https://management.azure.com");
    EXPECT_EQ(text_claim(claims, "sub"), "object");
    EXPECT_EQ(text_claim(claims, "oid"), "object");
    EXPECT_EQ(text_claim(claims, "appid"), "client");
    EXPECT_EQ(text_claim(claims, "tid"), "t");
    EXPECT_EQ(text_claim(claims, "idtyp"), "app");
    EXPECT_EQ(text_claim(claims, "ver"), "1.0");
    EXPECT_EQ(text_claim(claims, "xms_mirid"), "/subscriptions/s/id");
    EXPECT_EQ(time_claim(claims, "iat"), kNow);
    EXPECT_EQ(time_claim(claims, "nbf"), kNow);
    EXPECT_EQ(time_claim(claims, "exp"), kNow + hours(1));
    EXPECT_EQ(text_claim(parse_jwt(token.text).header, "alg"), "RS256");
}

TEST(BuiltInTokenVerifier, KnowsTheCaller) {
    for (const auto* key : {&rsa_key(), &ec_key()}) {
        const auto token = issuer(*key).issue(application(), kOwn, kNow).text;
        const auto caller = built_in()->verify(parse_jwt(token), kNow, kNoEnd);
        EXPECT_EQ(caller.object_id, "object");
        EXPECT_EQ(caller.client_id, "client");
        EXPECT_EQ(caller.tenant_id, "t");
        EXPECT_EQ(caller.expires, kNow + hours(1));
    }
}

TEST(BuiltInTokenVerifier, RefusesForeignTokens) {
    EXPECT_EQ(code_of_verifying(token_with({})), "");
    EXPECT_EQ(code_of_verifying(token_with({{"aud", "https://evil.org"}})), kForeignAudience);
    EXPECT_EQ(code_of_verifying(token_with({{"aud", boost::json::array{"x", kOwn}}})), "");
    EXPECT_EQ(code_of_verifying(token_with({{"iss", "https://evil.org"}})), kMalformedToken);
    EXPECT_EQ(code_of_verifying(token_with({{"tid", "other"}})), kMalformedToken);
    EXPECT_EQ(code_of_verifying(token_with({{"oid", ""}})), kMalformedToken);
    EXPECT_EQ(code_of_verifying(token_with({{"exp", nullptr}})), kMalformedToken);
    EXPECT_EQ(code_of_verifying(token_with({}, other_rsa_key())), kBadSignature);
    EXPECT_EQ(code_of_verifying(token_with({}), kNow + hours(1) + minutes(5)), kExpiredToken);
    EXPECT_EQ(code_of_verifying(token_with({}), kNow - minutes(6)), kExpiredToken);
}

TEST(BuiltInTokenVerifier, RefusesAForeignKeyUnderOurId) {
    const auto id = rsa_key().public_key().thumbprint();
    const auto token = sign_jwt(other_rsa_key(), {{"oid", "object"}}, {{"kid", id}});
    EXPECT_EQ(code_of_verifying(token), kBadSignature);
    const auto pss = sign_jwt(rsa_key(), {{"oid", "object"}}, {}, SignatureAlgorithm::PS256);
    EXPECT_EQ(code_of_verifying(pss), kBadSignature);
}

TEST(VerifiedTokens, AreBoundedAndExpire) {
    VerifiedTokens tokens(100);
    const auto caller = std::make_shared<const Caller>(Caller{.object_id = "o"});
    for (int i = 0; i < 1000; ++i) {
        tokens.remember(base::sha256(std::to_string(i)), caller, kNow + seconds(10));
        EXPECT_EQ(tokens.find(base::sha256("0"), kNow), caller) << "in use, so it stays";
    }
    EXPECT_LE(tokens.size(), 100U);
    EXPECT_EQ(tokens.find(base::sha256("1"), kNow), nullptr);
    EXPECT_EQ(tokens.find(base::sha256("999"), kNow), caller);
    EXPECT_EQ(tokens.find(base::sha256("999"), kNow + seconds(10)), nullptr);
}

// Counts what reaches it.
class CountingVerifier final : public TokenVerifier {
  public:
    explicit CountingVerifier(int& count) : count_(count) {}

    [[nodiscard]] const std::string& issuer() const override { return inner_->issuer(); }

    [[nodiscard]] Caller verify(const UnverifiedJwt& token,
                                base::Timestamp now,
                                const base::Cancellation& cancellation) override {
        ++count_;
        return inner_->verify(token, now, cancellation);
    }

  private:
    int& count_;
    std::unique_ptr<TokenVerifier> inner_ = built_in();
};

class AuthenticatorTest : public testing::Test {
  protected:
    std::string authenticate(const std::string& token, base::Timestamp now = kNow) {
        return authenticator_.authenticate(token, now, kNoEnd)->object_id;
    }

    int count_ = 0;
    Authenticator authenticator_ = Authenticator([this] {
        std::vector<std::unique_ptr<TokenVerifier>> verifiers;
        verifiers.push_back(std::make_unique<CountingVerifier>(count_));
        return verifiers;
    }());
};

TEST_F(AuthenticatorTest, ChecksATokenOnceInFiveMinutes) {
    const auto token = token_with({});
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(authenticate(token, kNow + seconds(i)), "object");
    }
    EXPECT_EQ(count_, 1);
    EXPECT_EQ(authenticate(token, kNow + minutes(6)), "object");
    EXPECT_EQ(count_, 2);
}

TEST_F(AuthenticatorTest, DoesNotRememberWhatIsBadOrExpired) {
    const auto token = token_with({{"exp", numeric_date(kNow) + 60}});
    EXPECT_EQ(authenticate(token), "object");
    EXPECT_EQ(code_of([&] { authenticate(token, kNow + minutes(7)); }), kExpiredToken);
    const auto bad = token_with({{"aud", "x"}});
    EXPECT_EQ(code_of([&] { authenticate(bad); }), kForeignAudience);
    EXPECT_EQ(code_of([&] { authenticate(bad); }), kForeignAudience);
}

TEST_F(AuthenticatorTest, RefusesUnknownIssuers) {
    EXPECT_EQ(code_of([&] {
                  authenticate(token_with({{"iss", "https://evil.org"}}));
              }),
              kMalformedToken);
    EXPECT_EQ(code_of([&] { authenticate("garbage"); }), kMalformedToken);
    EXPECT_EQ(code_of([&] { authenticate(std::string(100'000, 'x')); }), kMalformedToken);
    EXPECT_EQ(count_, 0);
}

// A web that exists in a map.
struct FakeWeb {
    std::map<std::string, std::string> documents{};
    int fetches = 0;

    FetchDocument fetch() {
        return [this](const std::string& url, const base::Cancellation& /*cancellation*/) {
            ++fetches;
            const auto found = documents.find(url);
            if (found == documents.end()) {
                throw base::Error(base::ErrorKind::Unavailable, "ConnectionFailed", "no answer");
            }
            return found->second;
        };
    }
};

class OidcTest : public testing::Test {
  protected:
    OidcTest() {
        web_.documents[std::string(kForeignDiscovery)] = boost::json::serialize(boost::json::object{
            {"issuer", kForeignIssuer}, {"jwks_uri", "https://keys.example.org/k"}});
        publish({rsa_key().public_key()});
    }

    void publish(const std::vector<PublicKey>& keys) {
        web_.documents["https://keys.example.org/k"] = boost::json::serialize(key_set(keys));
    }

    static std::string token(const SigningKey& key = rsa_key(),
                             const boost::json::object& changes = {}) {
        boost::json::object claims = {{"iss", kForeignIssuer},
                                      {"sub", "repo:acme/images"},
                                      {"aud", "ingot"},
                                      {"exp", numeric_date(kNow + hours(30))}};
        for (const auto& [name, value] : changes) {
            claims[name] = value;
        }
        return sign_jwt(key, claims);
    }

    Caller verify(const std::string& text, base::Timestamp now = kNow) {
        return verifier_.verify(parse_jwt(text), now, kNoEnd);
    }

    FakeWeb web_;
    std::shared_ptr<OidcIssuer> issuer_ = std::make_shared<OidcIssuer>(
        OidcIssuerSettings{.issuer = std::string(kForeignIssuer)}, web_.fetch());
    OidcTokenVerifier verifier_ = OidcTokenVerifier(issuer_, {.audience = "ingot"});
};

TEST_F(OidcTest, DiscoversTheKeysOnce) {
    const auto caller = verify(token());
    EXPECT_EQ(caller.object_id, caller_object_id(kForeignIssuer, "repo:acme/images"));
    EXPECT_EQ(caller.object_id.size(), 36U);
    EXPECT_EQ(caller.expires, kNow + hours(30));
    verify(token());
    EXPECT_EQ(web_.fetches, 2) << "discovery and keys";
}

TEST_F(OidcTest, NamesObjectIdsOnlyIfTrustedTo) {
    const auto text = token(rsa_key(), {{"oid", "11111111-2222-4333-8444-555555555555"}});
    EXPECT_NE(verify(text).object_id, "11111111-2222-4333-8444-555555555555");
    OidcTokenVerifier entra(issuer_, {.audience = "ingot", .claim_is_object_id = true});
    EXPECT_EQ(entra.verify(parse_jwt(text), kNow, kNoEnd).object_id,
              "11111111-2222-4333-8444-555555555555");
}

TEST_F(OidcTest, RefusesWhatIsNotForUs) {
    EXPECT_EQ(code_of([&] { verify(token(rsa_key(), {{"aud", "other"}})); }), kForeignAudience);
    EXPECT_EQ(code_of([&] { verify(token(rsa_key(), {{"iss", "https://x"}})); }), kMalformedToken);
    EXPECT_EQ(code_of([&] { verify(token(rsa_key(), {{"sub", ""}})); }), kMalformedToken);
    EXPECT_EQ(code_of([&] { verify(token(), kNow + hours(31)); }), kExpiredToken);
    EXPECT_EQ(code_of([&] { verify(token(other_rsa_key())); }), kBadSignature);
}

TEST_F(OidcTest, LooksAgainForAnUnknownKeyButNotOften) {
    verify(token());
    EXPECT_EQ(code_of([&] { verify(token(other_rsa_key())); }), kBadSignature);
    EXPECT_EQ(web_.fetches, 2);
    publish({rsa_key().public_key(), other_rsa_key().public_key()});
    EXPECT_EQ(code_of([&] { verify(token(other_rsa_key()), kNow + minutes(4)); }), kBadSignature);
    EXPECT_EQ(code_of([&] { verify(token(other_rsa_key()), kNow + minutes(5)); }), "");
    EXPECT_EQ(web_.fetches, 4);
}

TEST_F(OidcTest, DropsAKeyThatItsIssuerDropped) {
    verify(token());
    publish({other_rsa_key().public_key()});
    EXPECT_EQ(code_of([&] { verify(token(), kNow + hours(23)); }), "");
    EXPECT_EQ(code_of([&] { verify(token(), kNow + hours(24)); }), kBadSignature);
}

TEST_F(OidcTest, GoesOnWithOldKeysWhileTheIssuerIsAway) {
    verify(token());
    web_.documents.clear();
    EXPECT_EQ(code_of([&] { verify(token(), kNow + hours(25)); }), "");
}

TEST_F(OidcTest, SaysThatItHasNoKeysAndTriesAgainSoon) {
    auto kept = web_.documents;
    web_.documents.clear();
    EXPECT_EQ(code_of([&] { verify(token()); }), "IssuerUnavailable");
    EXPECT_EQ(code_of([&] { verify(token(), kNow + seconds(1)); }), "IssuerUnavailable");
    EXPECT_EQ(web_.fetches, 1);
    web_.documents = kept;
    EXPECT_EQ(code_of([&] { verify(token(), kNow + seconds(30)); }), "");
}

TEST_F(OidcTest, WantsTlsAndTheRightDocument) {
    EXPECT_EQ(code_of([&] { OidcIssuer({.issuer = "http://x"}, web_.fetch()); }), "InvalidIssuer");
    const std::string url(kForeignDiscovery);
    for (const std::string_view document :
         {"",
          "[]",
          "{}",
          R"({"issuer":"https://x","jwks_uri":"https://keys.example.org/k"})",
          R"({"issuer":"https://login.example.org","jwks_uri":"http://keys.example.org/k"})"}) {
        web_.documents[url] = document;
        OidcIssuer fresh({.issuer = std::string(kForeignIssuer)}, web_.fetch());
        EXPECT_EQ(code_of([&] { fresh.check(parse_jwt(token()), kNow, kNoEnd); }),
                  "IssuerUnavailable")
            << document;
    }
}

TEST_F(OidcTest, LeavesOutKeysItCannotUse) {
    auto encryption = rsa_key().public_key().to_jwk();
    encryption["use"] = "enc";
    auto other_algorithm = ec_key().public_key().to_jwk();
    other_algorithm["alg"] = "ES512";
    web_.documents["https://keys.example.org/k"] = boost::json::serialize(boost::json::object{
        {"keys",
         boost::json::array{1, encryption, other_algorithm, boost::json::object{{"kty", "oct"}}}}});
    EXPECT_EQ(code_of([&] { verify(token()); }), kBadSignature);
}

TEST_F(OidcTest, HoldsAKeyToItsAlgorithm) {
    const auto pss = sign_jwt(rsa_key(),
                              {{"iss", kForeignIssuer},
                               {"sub", "s"},
                               {"aud", "ingot"},
                               {"exp", numeric_date(kNow + hours(1))}},
                              {},
                              SignatureAlgorithm::PS256);
    EXPECT_EQ(code_of([&] { verify(pss); }), kBadSignature);  // its key set says RS256
}

}  // namespace
}  // namespace ingot::identity
