// SPDX-License-Identifier: Apache-2.0
#include "providers/applications.h"

#include "http/certificates.h"
#include "identity/certificate.h"
#include "identity/secret.h"
#include "unit/providers/provider_world.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

const std::string kApplications = "/providers/Ingot.Identity/applications";

http::TlsIdentity certificate() {
    return http::make_authority("ci", base::now());
}

class Applications : public testing::Test {
  protected:
    Applications() { world.api_version = "2026-11-01"; }

    static std::string url(const std::string& name) { return kApplications + "/" + name; }

    resources::Answer make(const std::string& name = "ci", const std::string& properties = "{}") {
        return world.put(url(name), R"({"properties": )" + properties + "}");
    }

    static std::string with(const std::vector<std::string>& certificates) {
        return boost::json::serialize(boost::json::object{
            {"certificates", boost::json::array(certificates.begin(), certificates.end())}});
    }

    [[nodiscard]] identity::ServicePrincipal principal(const std::string& name = "ci") {
        return world.principals.find_by_client(text_at(world.get(url(name)), "properties.clientId"))
            .value();
    }

    std::string add_password() { return text_at(world.post(url("ci/addPassword")), "secretText"); }

    ProviderWorld world{applications};
};

TEST_F(Applications, AreMadeWithAPrincipalThatCanDoNothingYet) {
    const auto made = make("ci", R"({"displayName": "CI of team a"})");
    EXPECT_EQ(made.status, 201) << error_message(made);
    EXPECT_EQ(text_at(made, "id"), url("ci"));
    EXPECT_EQ(text_at(made, "properties.tenantId"), kTenant);
    const auto known = principal();
    EXPECT_EQ(known.object_id, text_at(made, "properties.objectId"));
    EXPECT_NE(known.object_id, known.client_id);
    EXPECT_EQ(known.kind, identity::PrincipalKind::Application);
    EXPECT_EQ(known.display_name, "CI of team a");
    EXPECT_EQ(known.resource_id, url("ci"));
    EXPECT_TRUE(known.secrets.empty());
    EXPECT_EQ(world.get(url("CI")).body, made.body);
}

TEST_F(Applications, RegisterCertificatesWithoutTheirKeys) {
    const auto pair = certificate();
    const auto made = make("ci", with({pair.private_key + pair.certificate_chain}));
    EXPECT_EQ(made.status, 201) << error_message(made);
    EXPECT_EQ(boost::json::serialize(made.body).find("PRIVATE"), std::string::npos);
    EXPECT_EQ(text_at(made, "properties.keyCredentials.0.thumbprint").size(), 40U);
    const auto known = principal();
    ASSERT_EQ(known.certificates.size(), 1U);
    EXPECT_EQ(known.certificates[0].x5t,
              identity::PublicCertificate::from_pem(pair.certificate_chain).x5t());
    EXPECT_EQ(known.certificates[0].pem.find("PRIVATE"), std::string::npos);
}

TEST_F(Applications, MayBePutAsTheyAreShown) {
    const auto made = make("ci", with({certificate().certificate_chain}));
    static_cast<void>(add_password());
    const auto again = world.put(url("ci"), boost::json::serialize(world.get(url("ci")).body));
    EXPECT_EQ(again.status, 200) << error_message(again);
    EXPECT_EQ(text_at(again, "properties.clientId"), text_at(made, "properties.clientId"));
    EXPECT_EQ(principal().certificates.size(), 1U);
    EXPECT_EQ(principal().secrets.size(), 1U);
}

TEST_F(Applications, ChangeTheirCertificates) {
    const auto first = certificate().certificate_chain;
    static_cast<void>(make("ci", with({first})));
    const auto both = with({first, certificate().certificate_chain});
    EXPECT_EQ(world.patch(url("ci"), R"({"properties": )" + both + "}").status, 200);
    EXPECT_EQ(principal().certificates.size(), 2U);
    EXPECT_EQ(world.patch(url("ci"), R"({"properties": {"displayName": "x"}})").status, 200);
    EXPECT_EQ(principal().certificates.size(), 2U);
    EXPECT_EQ(make("ci", "{}").status, 200);
    EXPECT_TRUE(principal().certificates.empty());
}

TEST_F(Applications, ShowAPasswordOnce) {
    static_cast<void>(make());
    const auto answer = world.post(url("ci/addPassword"));
    EXPECT_EQ(answer.status, 200) << error_message(answer);
    const auto secret = text_at(answer, "secretText");
    ASSERT_EQ(principal().secrets.size(), 1U);
    EXPECT_TRUE(identity::secret_matches(secret, principal().secrets[0].hash));
    const auto shown = world.get(url("ci"));
    EXPECT_EQ(text_at(shown, "properties.passwordCredentials.0.keyId"), text_at(answer, "keyId"));
    EXPECT_EQ(text_at(shown, "properties.passwordCredentials.0.hint"), secret.substr(0, 3));
    for (const auto& body : {shown.body, world.get(kApplications).body}) {
        EXPECT_EQ(boost::json::serialize(body).find(secret), std::string::npos);
        EXPECT_EQ(boost::json::serialize(body).find("pbkdf2"), std::string::npos);
    }
}

TEST_F(Applications, TakeAnEndForAPassword) {
    static_cast<void>(make());
    const auto ending = [&](const std::string& end) {
        return world.post(url("ci/addPassword"),
                          R"({"passwordCredential": {"endDateTime": ")" + end + R"("}})");
    };
    EXPECT_EQ(text_at(ending("2999-01-01T00:00:00Z"), "endDateTime"), "2999-01-01T00:00:00.000Z");
    EXPECT_EQ(principal().secrets.at(0).expires, base::from_rfc3339("2999-01-01T00:00:00Z"));
    for (const auto* end : {"2001-01-01T00:00:00Z", "tomorrow", "2999-01-01T00:00:00+02:00"}) {
        EXPECT_EQ(error_code(ending(end)), "InvalidEndDateTime") << end;
    }
}

TEST_F(Applications, LoseAPassword) {
    static_cast<void>(make());
    static_cast<void>(add_password());
    const auto kept = add_password();
    const auto first = principal().secrets.at(0).id;
    const auto remove = [&] {
        return world.post(url("ci/removePassword"), R"({"keyId": ")" + first + R"("})");
    };
    EXPECT_EQ(remove().status, 204);
    EXPECT_EQ(error_code(remove()), "PasswordNotFound");
    ASSERT_EQ(principal().secrets.size(), 1U);
    EXPECT_TRUE(identity::secret_matches(kept, principal().secrets[0].hash));
}

TEST_F(Applications, HaveAnEndToTheirPasswords) {
    static_cast<void>(make());
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(world.post(url("ci/addPassword")).status, 200);
    }
    EXPECT_EQ(error_code(world.post(url("ci/addPassword"))), "TooManyPasswords");
}

TEST_F(Applications, AreProvedByFederatedCredentials) {
    static_cast<void>(make());
    static_cast<void>(add_password());
    const auto credential = url("ci/federatedIdentityCredentials/cluster");
    EXPECT_EQ(world
                  .put(credential,
                       R"({"properties": {"issuer": "https://issuer.example", "subject": "s",
                           "audiences": ["api://AzureADTokenExchange"]}})")
                  .status,
              201);
    ASSERT_EQ(principal().federated_credentials.size(), 1U);
    EXPECT_EQ(principal().secrets.size(), 1U);
    EXPECT_EQ(make().status, 200);  // keeps what is not its own
    EXPECT_EQ(principal().federated_credentials.size(), 1U);
    EXPECT_EQ(world.remove(url("ci")).status, 200);
    EXPECT_EQ(world.get(credential).status, 404);
}

TEST_F(Applications, GoWithTheirPrincipal) {
    const auto made = make();
    EXPECT_EQ(world.remove(url("ci")).status, 200);
    EXPECT_EQ(world.remove(url("ci")).status, 204);
    EXPECT_TRUE(world.principals.list().empty());
    EXPECT_EQ(world.post(url("ci/addPassword")).status, 404);
    EXPECT_NE(text_at(make(), "properties.objectId"), text_at(made, "properties.objectId"));
}

TEST_F(Applications, AreMadeOnceWhereThatIsAsked) {
    world.if_none_match = "*";
    EXPECT_EQ(make().status, 201);
    EXPECT_EQ(make().status, 412);
    EXPECT_EQ(world.principals.list().size(), 1U);
}

TEST_F(Applications, AreRefusedWhenTheyAreWrong) {
    EXPECT_EQ(error_code(make("-x")), "InvalidResourceName");
    EXPECT_EQ(error_code(make("a b")), "InvalidResourceName");
    EXPECT_EQ(error_code(make("ci", R"({"certificate": "x"})")), "InvalidApplication");
    const auto refused = make("ci", R"({"certificates": ["nonsense"]})");
    EXPECT_EQ(error_code(refused), "InvalidCertificate");
    EXPECT_NE(error_message(refused).find("properties.certificates[0]"), std::string::npos);
    EXPECT_EQ(error_code(make("ci", with({certificate().private_key}))), "InvalidCertificate");
    EXPECT_EQ(make("ci", R"({"certificates": "x"})").status, 400);
    EXPECT_TRUE(world.principals.list().empty());
}

TEST_F(Applications, AreTheTenantsAlone) {
    const auto elsewhere = ProviderWorld::in_subscription("Ingot.Identity/applications/ci");
    EXPECT_EQ(world.put(elsewhere, "{}").status, 404);
    EXPECT_EQ(world.get(elsewhere).status, 404);
    EXPECT_TRUE(world.principals.list().empty());
}

// A contributor may write everything but roles: through a password of an owner he would be one.
TEST_F(Applications, NeedTheRightToAssignRoles) {
    static_cast<void>(make());
    world.may = [](const auto& action, const auto& /*scope*/) {
        return action != "Microsoft.Authorization/roleAssignments/write";
    };
    EXPECT_EQ(world.get(url("ci")).status, 200);
    EXPECT_EQ(make("other").status, 403);
    EXPECT_EQ(world.patch(url("ci"), "{}").status, 403);
    EXPECT_EQ(world.remove(url("ci")).status, 403);
    EXPECT_EQ(world.post(url("ci/addPassword")).status, 403);
    EXPECT_EQ(world.post(url("ci/removePassword"), "{}").status, 403);
    EXPECT_EQ(world.put(url("ci/federatedIdentityCredentials/x"), "{}").status, 403);
    EXPECT_EQ(principal().secrets.size(), 0U);
}

TEST_F(Applications, KeepTheFirstOne) {
    const identity::ServicePrincipal first{.client_id = "c",
                                           .object_id = "o",
                                           .display_name = "first",
                                           .tenant_id = kTenant,
                                           .resource_id = url("first")};
    world.principals.save(first);
    EXPECT_FALSE(first_application(world.resources, url("first")));
    keep_first_application(world.resources, first, kSubscription);
    keep_first_application(world.resources, first, "another");
    EXPECT_EQ(text_at(world.get(url("first")), "properties.clientId"), "c");
    EXPECT_EQ(world.put(url("first"), "{}").status, 200);
    EXPECT_EQ(error_code(world.remove(url("first"))), "FirstApplication");
    EXPECT_TRUE(world.principals.find_by_client("c"));
    const auto kept = first_application(world.resources, url("first"));
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->client_id, "c");
    EXPECT_EQ(kept->tenant_id, kTenant);
    EXPECT_EQ(kept->subscription_id, kSubscription);
}

}  // namespace
}  // namespace ingot::providers
