// SPDX-License-Identifier: Apache-2.0
#include "identity/token_endpoint.h"

#include "identity/certificate.h"
#include "identity/discovery.h"
#include "identity/managed_identity_endpoint.h"
#include "identity/secret.h"
#include "identity_support.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace ingot::identity {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using test::code_of;
using test::kNow;
using test::other_rsa_key;
using test::rsa_key;

constexpr std::string_view kClient = "11111111-2222-4333-8444-555555555555";
constexpr std::string_view kTenant = "99999999-2222-4333-8444-555555555555";
constexpr std::string_view kBase = "https://localhost:8443/";
constexpr std::string_view kForeign = "https://token.actions.example.org";

const base::Cancellation kNever;

ClientCertificate registered(const std::string& pem) {
    const auto certificate = PublicCertificate::from_pem(pem);
    return {.x5t = certificate.x5t(), .x5t_s256 = certificate.x5t_s256(), .pem = certificate.pem()};
}

class TokenEndpointTest : public testing::Test {
  protected:
    TokenEndpointTest() {
        app_.client_id = kClient;
        app_.object_id = "object";
        app_.secrets = {
            {.id = "1", .hash = hash_secret("old", {1}), .hint = "old", .expires = kNow},
            {.id = "2", .hash = hash_secret("s3cret", {1}), .hint = "s3c"}};
        app_.federated_credentials = {
            {.name = "ci", .issuer = std::string(kForeign), .subject = "repo:acme/images"}};
    }

    // What a client sends, changed: an empty value takes a field away.
    TokenResponse ask(const FormFields& changes, base::Timestamp now = kNow) {
        FormFields form = {{"grant_type", "client_credentials"},
                           {"client_id", std::string(kClient)},
                           {"client_secret", "s3cret"},
                           {"client_info", "1"},
                           {"scope", "https://localhost:8443//.default"}};
        for (const auto& [name, value] : changes) {
            form[name] = value;
        }
        std::erase_if(form, [](const auto& field) { return field.second.empty(); });
        return answer_token_request(endpoint_, {.tenant = tenant_, .form = form}, now, kNever);
    }

    TokenResponse ask_with(const std::string& assertion, base::Timestamp now = kNow) {
        return ask(
            {{"client_secret", ""},
             {"client_assertion", assertion},
             {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}},
            now);
    }

    void register_certificate(const std::string& pem) { app_.certificates = {registered(pem)}; }

    [[nodiscard]] boost::json::object header() const {
        return {{"x5t", app_.certificates.at(0).x5t}};
    }

    static boost::json::object assertion_claims(const boost::json::object& changes = {}) {
        boost::json::object claims = {{"iss", kClient},
                                      {"sub", kClient},
                                      {"aud", "https://localhost:8443/adfs/oauth2/token"},
                                      {"jti", "j"},
                                      {"nbf", numeric_date(kNow)},
                                      {"exp", numeric_date(kNow + minutes(10))}};
        for (const auto& [name, value] : changes) {
            claims[name] = value;
        }
        return claims;
    }

    std::string tenant_ = "adfs";
    ServicePrincipal app_;
    TokenIssuer issuer_{
        {.issuer = "https://localhost:8443/t/v2.0", .tenant_id = std::string(kTenant)}, rsa_key()};
    AcceptedAudiences audiences_{{std::string(kBase)}};
    std::vector<std::string> urls_ = token_urls_of(kBase, kTenant);
    UsedAssertions used_;
    OidcIssuer foreign_{
        {.issuer = std::string(kForeign), .jwks_url = "https://keys"},
        [](const std::string&, const base::Cancellation&) {
            return boost::json::serialize(key_set(std::vector{other_rsa_key().public_key()}));
        }};
    TokenEndpoint endpoint_{
        .issuer = issuer_,
        .audiences = audiences_,
        .token_urls = urls_,
        .find_principal =
            [this](std::string_view id) {
                return id == kClient ? std::optional(app_) : std::nullopt;
            },
        .find_issuer =
            [this](std::string_view name) { return name == kForeign ? &foreign_ : nullptr; },
        .used = used_};
};

int code_in(const TokenResponse& response) {
    const auto* codes = response.body.if_contains("error_codes");
    return codes == nullptr ? 0 : static_cast<int>(codes->as_array().at(0).as_int64());
}

std::string text_in(const TokenResponse& response, std::string_view name) {
    return text_claim(response.body, name);
}

TEST_F(TokenEndpointTest, GivesATokenForTheSecret) {
    const auto response = ask({});
    ASSERT_EQ(response.status, 200) << boost::json::serialize(response.body);
    EXPECT_EQ(text_in(response, "token_type"), "Bearer");
    EXPECT_EQ(response.body.at("expires_in").as_int64(), 3600);
    EXPECT_EQ(response.body.at("ext_expires_in").as_int64(), 3600);
    const auto claims = parse_jwt(text_in(response, "access_token")).claims;
    EXPECT_EQ(text_claim(claims, "aud"), "https://localhost:8443");
    EXPECT_EQ(text_claim(claims, "oid"), "object");
}

TEST_F(TokenEndpointTest, TakesTheTenantAndTheOlderResource) {
    tenant_ = kTenant;
    EXPECT_EQ(ask({}).status, 200);
    EXPECT_EQ(ask({{"scope", ""}, {"resource", "https://management.azure.com/"}}).status, 200);
    tenant_ = "somebody-else";
    EXPECT_EQ(code_in(ask({})), 90002);
}

TEST_F(TokenEndpointTest, NamesWhatIsWrong) {
    struct Case {
        FormFields changes;
        int status;
        std::string error;
        int code;
    };

    for (const Case& c :
         {Case{{{"client_secret", "wrong"}}, 401, "invalid_client", 7000215},
          {{{"client_secret", std::string(100'000, 'x')}}, 401, "invalid_client", 7000215},
          {{{"client_secret", "old"}}, 401, "invalid_client", 7000222},
          {{{"client_secret", ""}}, 401, "invalid_client", 7000216},
          {{{"client_id", "nobody"}}, 400, "unauthorized_client", 700016},
          {{{"client_id", ""}}, 400, "invalid_request", 900144},
          {{{"grant_type", ""}}, 400, "invalid_request", 900144},
          {{{"grant_type", "password"}}, 400, "unsupported_grant_type", 70003},
          {{{"scope", ""}}, 400, "invalid_request", 900144},
          {{{"scope", "https://localhost:8443"}}, 400, "invalid_scope", 1002012},
          {{{"scope", "https://evil.org/.default"}}, 400, "invalid_resource", 500011},
          {{{"client_assertion", "a.b.c"}}, 400, "invalid_request", 90023},
          {{{"client_secret", ""}, {"client_assertion", "a.b.c"}},
           400,
           "invalid_request",
           900144}}) {
        const auto response = ask(c.changes);
        EXPECT_EQ(response.status, c.status) << c.code;
        EXPECT_EQ(text_in(response, "error"), c.error) << c.code;
        EXPECT_EQ(code_in(response), c.code);
        EXPECT_TRUE(text_in(response, "error_description")
                        .starts_with("AADSTS" + std::to_string(c.code) + ": "));
        EXPECT_EQ(text_in(response, "timestamp"), "2026-11-20 12:00:00Z");
        EXPECT_EQ(text_in(response, "trace_id").size(), 36U);
        EXPECT_EQ(text_in(response, "correlation_id").size(), 36U);
        EXPECT_FALSE(response.body.contains("access_token"));
    }
}

TEST_F(TokenEndpointTest, NeverRepeatsASecret) {
    const auto secret = std::string("Pq7~neverShown");
    const auto told = boost::json::serialize(ask({{"client_secret", secret}}).body);
    EXPECT_EQ(told.find(secret), std::string::npos);
}

TEST_F(TokenEndpointTest, TakesACertificatesAssertion) {
    register_certificate(test::certificate_pem(other_rsa_key()));
    for (const auto algorithm : {SignatureAlgorithm::RS256, SignatureAlgorithm::PS256}) {
        const auto& certificate = app_.certificates[0];
        for (const boost::json::object& with :
             {header(), {{"x5t", certificate.x5t + "="}}, {{"x5t#S256", certificate.x5t_s256}}}) {
            const auto response =
                ask_with(sign_jwt(other_rsa_key(), assertion_claims(), with, algorithm));
            EXPECT_EQ(response.status, 200) << boost::json::serialize(response.body);
        }
    }
    register_certificate(test::certificate_pem(test::ec_key()));
    EXPECT_EQ(ask_with(sign_jwt(test::ec_key(), assertion_claims(), header())).status, 200);
}

TEST_F(TokenEndpointTest, RefusesBadAssertions) {
    register_certificate(test::certificate_pem(other_rsa_key()));

    struct Case {
        boost::json::object claims;
        int code;
    };

    const auto now = numeric_date(kNow);
    for (const Case& c : {Case{{{"aud", "https://localhost:9/adfs/oauth2/token"}}, 700023},
                          {{{"aud", nullptr}}, 700023},
                          {{{"sub", "somebody"}}, 700021},
                          {{{"exp", now - 301}, {"nbf", now - 900}}, 700024},
                          {{{"exp", nullptr}}, 700024},
                          {{{"nbf", now + 600}}, 700024},
                          {{{"exp", now + 90'000}}, 700024}}) {
        const auto response =
            ask_with(sign_jwt(other_rsa_key(), assertion_claims(c.claims), header()));
        EXPECT_EQ(code_in(response), c.code) << boost::json::serialize(c.claims);
        EXPECT_EQ(response.status, 401);
        EXPECT_EQ(text_in(response, "error"), "invalid_client");
    }
}

TEST_F(TokenEndpointTest, RefusesBadSignatures) {
    register_certificate(test::certificate_pem(other_rsa_key()));
    const auto good = sign_jwt(other_rsa_key(), assertion_claims(), header());
    auto tampered = good;
    tampered[good.rfind('.') + 10] = tampered[good.rfind('.') + 10] == 'A' ? 'B' : 'A';
    EXPECT_EQ(code_in(ask_with(tampered)), 700027);
    EXPECT_EQ(code_in(ask_with(sign_jwt(rsa_key(), assertion_claims(), header()))), 700027);
    EXPECT_EQ(code_in(ask_with(sign_jwt(other_rsa_key(), assertion_claims()))), 700027);
    EXPECT_EQ(code_in(ask_with(sign_jwt(other_rsa_key(), assertion_claims(), {{"x5t", ""}}))),
              700027);
    EXPECT_EQ(code_in(ask_with("eyJhbGciOiJub25lIn0.e30.")), 50027);
    EXPECT_EQ(code_in(ask_with("garbage")), 50027);
}

TEST_F(TokenEndpointTest, RefusesAnExpiredCertificate) {
    register_certificate(test::certificate_pem(other_rsa_key(), kNow - minutes(1)));
    EXPECT_EQ(code_in(ask_with(sign_jwt(other_rsa_key(), assertion_claims(), header()))), 700027);
}

TEST_F(TokenEndpointTest, RefusesAReplayedAssertion) {
    register_certificate(test::certificate_pem(other_rsa_key()));
    const auto assertion = sign_jwt(
        other_rsa_key(), assertion_claims({{"exp", numeric_date(kNow + minutes(50))}}), header());
    EXPECT_EQ(ask_with(assertion).status, 200);
    EXPECT_EQ(ask_with(assertion, kNow + minutes(9)).status, 200) << "MSAL does that";
    EXPECT_EQ(code_in(ask_with(assertion, kNow + minutes(10))), 700024);
}

TEST_F(TokenEndpointTest, TakesAFederatedToken) {
    boost::json::object claims = {{"iss", kForeign},
                                  {"sub", "repo:acme/images"},
                                  {"aud", "api://AzureADTokenExchange"},
                                  {"exp", numeric_date(kNow + hours(1))}};
    const auto code_with = [&](std::string_view name, std::string_view value) {
        auto changed = claims;
        changed[name] = value;
        return code_in(ask_with(sign_jwt(other_rsa_key(), changed)));
    };
    EXPECT_EQ(ask_with(sign_jwt(other_rsa_key(), claims)).status, 200);
    EXPECT_EQ(code_with("sub", "repo:ACME/images"), 70021);
    EXPECT_EQ(code_with("aud", "sts.example.org"), 70021);
    EXPECT_EQ(code_with("iss", "https://evil.org"), 70021);
    EXPECT_EQ(code_in(ask_with(sign_jwt(rsa_key(), claims))), 700027);
    EXPECT_EQ(code_in(ask_with(sign_jwt(other_rsa_key(), claims), kNow + hours(2))), 700024);
}

TEST_F(TokenEndpointTest, TrustsConfiguredIssuersOnly) {
    app_.federated_credentials[0].issuer = "https://unknown.example.org";
    const auto token = sign_jwt(other_rsa_key(),
                                {{"iss", "https://unknown.example.org"},
                                 {"sub", "repo:acme/images"},
                                 {"aud", "api://AzureADTokenExchange"},
                                 {"exp", numeric_date(kNow + hours(1))}});
    EXPECT_EQ(code_in(ask_with(token)), 70021);
}

TEST(UsedAssertions, CanBeUsedOnceAndAreForgotten) {
    UsedAssertions once(std::chrono::seconds(0), 2);
    const auto a = base::sha256("a");
    EXPECT_TRUE(once.admit(a, kNow, kNow + minutes(10)));
    EXPECT_FALSE(once.admit(a, kNow, kNow + minutes(10)));
    EXPECT_FALSE(once.admit(a, kNow + minutes(14), kNow + minutes(10)));
    EXPECT_TRUE(once.admit(a, kNow + minutes(15), kNow + minutes(10))) << "expired, so forgotten";
}

TEST(OAuthError, RepeatsOnlyWhatIsHarmless) {
    const auto response = to_response(
        {.status = 400, .error = "invalid_request", .code = 1, .message = "m"}, kNow, "c\n\xff");
    EXPECT_EQ(text_in(response, "correlation_id"), "c??");
    EXPECT_EQ(quotable(std::string(1000, 'x')).size(), 100U);
}

class ManagedIdentityTest : public testing::Test {
  protected:
    TokenResponse ask(const FormFields& fields, bool header = true) {
        return answer_managed_identity_request(
            {.issuer = issuer_,
             .audiences = audiences_,
             .find =
                 [](const ManagedIdentityName& name) {
                     const bool known = name.object_id.empty() && name.resource_id.empty() &&
                                        (name.client_id.empty() || name.client_id == "client");
                     return known ? std::optional(
                                        ServicePrincipal{.client_id = "client",
                                                         .object_id = "object",
                                                         .kind = PrincipalKind::ManagedIdentity,
                                                         .resource_id = "/subscriptions/s/x"})
                                  : std::nullopt;
                 }},
            {.fields = fields, .has_metadata_header = header},
            kNow);
    }

    TokenIssuer issuer_{{.issuer = "i", .tenant_id = "t"}, rsa_key()};
    AcceptedAudiences audiences_{{std::string(kBase)}};
};

TEST_F(ManagedIdentityTest, AnswersInStrings) {
    const auto response = ask({{"resource", "https://management.azure.com/"}});
    ASSERT_EQ(response.status, 200);
    EXPECT_EQ(text_in(response, "client_id"), "client");
    EXPECT_EQ(text_in(response, "expires_in"), "3600");
    EXPECT_EQ(text_in(response, "expires_on"), std::to_string(numeric_date(kNow + hours(1))));
    EXPECT_EQ(text_in(response, "not_before"), std::to_string(numeric_date(kNow)));
    EXPECT_EQ(text_in(response, "resource"), "https://management.azure.com/");
    EXPECT_EQ(text_in(response, "token_type"), "Bearer");
    const auto claims = parse_jwt(text_in(response, "access_token")).claims;
    EXPECT_EQ(text_claim(claims, "tid"), "t");
    EXPECT_EQ(text_claim(claims, "xms_mirid"), "/subscriptions/s/x");
}

TEST_F(ManagedIdentityTest, RefusesWith400) {
    const std::string resource(kBase);
    EXPECT_EQ(ask({{"resource", resource}, {"client_id", "client"}}).status, 200);
    EXPECT_EQ(ask({{"resource", resource}, {"client_id", "x"}}).status, 400);
    EXPECT_EQ(ask({{"resource", resource}, {"object_id", "x"}}).status, 400);
    EXPECT_EQ(ask({{"resource", resource}, {"msi_res_id", "x"}}).status, 400);
    EXPECT_EQ(ask({{"resource", resource}, {"mi_res_id", "x"}}).status, 400);
    EXPECT_EQ(text_in(ask({{"resource", resource}, {"client_id", "x"}}), "error_description"),
              "Identity not found");
    EXPECT_EQ(ask({{"resource", resource}}, false).status, 400);
    EXPECT_EQ(ask({}).status, 400);
    EXPECT_EQ(text_in(ask({{"resource", "https://evil.org"}}), "error"), "invalid_resource");
}

TEST(Discovery, PointsToTheEndpoints) {
    const auto adfs = openid_configuration("https://localhost:8443/", "adfs");
    EXPECT_EQ(text_claim(adfs, "token_endpoint"), "https://localhost:8443/adfs/oauth2/token");
    EXPECT_EQ(text_claim(adfs, "issuer"), "https://localhost:8443/adfs");
    const auto tenant = openid_configuration("https://localhost:8443", "t");
    EXPECT_EQ(text_claim(tenant, "token_endpoint"), "https://localhost:8443/t/oauth2/v2.0/token");
    EXPECT_EQ(text_claim(tenant, "issuer"), "https://localhost:8443/t/v2.0");
    EXPECT_EQ(text_claim(tenant, "jwks_uri"), "https://localhost:8443/t/discovery/v2.0/keys");
    const auto instance = instance_discovery("https://localhost:8443", "t");
    EXPECT_EQ(text_claim(instance, "tenant_discovery_endpoint"),
              "https://localhost:8443/t/v2.0/.well-known/openid-configuration");
    EXPECT_EQ(instance.at("metadata").at(0).at("preferred_network").as_string(), "localhost:8443");
    EXPECT_EQ(key_set(std::vector{rsa_key().public_key()}).at("keys").as_array().size(), 1U);
}

}  // namespace
}  // namespace ingot::identity
