// SPDX-License-Identifier: Apache-2.0
#include "providers/managed_identities.h"

#include "unit/providers/provider_world.h"

#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

class ManagedIdentities : public testing::Test {
  protected:
    ManagedIdentities() {
        world.make_group("rg");
        world.api_version = "2022-01-31-preview";
    }

    static std::string in_rg(const std::string& name) {
        return ProviderWorld::in_group("rg",
                                       "Microsoft.ManagedIdentity/userAssignedIdentities/" + name);
    }

    resources::Answer make(const std::string& name = "id1") {
        return world.put(in_rg(name), R"({"location": "westus2"})");
    }

    static std::string credential(const std::string& subject, const std::string& audience = "a") {
        return R"({"properties": {"issuer": "https://issuer.example/", "subject": ")" + subject +
               R"(", "audiences": [")" + audience + R"("]}})";
    }

    ProviderWorld world{managed_identities};
};

TEST_F(ManagedIdentities, AreMadeAtOnceWithAPrincipal) {
    const auto made = make();
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(text_at(made, "id"), in_rg("id1"));
    EXPECT_EQ(text_at(made, "type"), "Microsoft.ManagedIdentity/userAssignedIdentities");
    EXPECT_EQ(text_at(made, "location"), "westus2");
    EXPECT_EQ(text_at(made, "properties.tenantId"), kTenant);
    const auto client = text_at(made, "properties.clientId");
    const auto object = text_at(made, "properties.principalId");
    EXPECT_NE(client, object);
    const auto principal = world.principals.find_by_client(client);
    ASSERT_TRUE(principal);
    EXPECT_EQ(principal->object_id, object);
    EXPECT_EQ(principal->kind, identity::PrincipalKind::ManagedIdentity);
    EXPECT_EQ(principal->display_name, "id1");
    EXPECT_EQ(principal->tenant_id, kTenant);
    EXPECT_EQ(principal->resource_id, in_rg("id1"));
    EXPECT_EQ(world.get(in_rg("id1")).body, made.body);
}

TEST_F(ManagedIdentities, KeepTheirIds) {
    const auto made = make();
    const auto again = world.put(in_rg("ID1"), R"({"location": "westus2", "tags": {"a": "b"},
        "properties": {"clientId": "00000000-0000-0000-0000-000000000001"}})");
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(at(again.body, "properties"), at(made.body, "properties"));
    EXPECT_EQ(text_at(again, "tags.a"), "b");
    const auto patched = world.patch(in_rg("id1"), R"({"tags": {"c": "d"},
        "properties": {"principalId": null}})");
    EXPECT_EQ(patched.status, 200);
    EXPECT_EQ(at(patched.body, "properties"), at(made.body, "properties"));
    EXPECT_EQ(world.principals.list().size(), 1U);
}

// az in its two cloud profiles, and the JavaScript SDK.
TEST_F(ManagedIdentities, AnswerAllApiVersionsOfTheClientsAlike) {
    static_cast<void>(make());
    for (const auto* version : {"2022-01-31-preview", "2018-11-30", "2024-11-30", "2023-01-31"}) {
        world.api_version = version;
        EXPECT_EQ(make().status, 200) << version;
        EXPECT_EQ(world.get(in_rg("id1")).status, 200) << version;
    }
}

TEST_F(ManagedIdentities, AreListed) {
    static_cast<void>(make("one"));
    static_cast<void>(make("two"));
    const std::string type = "Microsoft.ManagedIdentity/userAssignedIdentities";
    EXPECT_EQ(names_in(world.get(ProviderWorld::in_group("rg", type)).body),
              (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(names_in(world.get(ProviderWorld::in_subscription(type)).body),
              (std::vector<std::string>{"one", "two"}));
}

TEST_F(ManagedIdentities, GoWithTheirPrincipal) {
    const auto made = make();
    EXPECT_EQ(world.remove(in_rg("id1")).status, 200);
    EXPECT_EQ(world.remove(in_rg("id1")).status, 204);
    EXPECT_TRUE(world.principals.list().empty());
    const auto again = make();
    EXPECT_EQ(again.status, 201);
    EXPECT_NE(text_at(again, "properties.clientId"), text_at(made, "properties.clientId"));
}

TEST_F(ManagedIdentities, HaveNamesOfTheirOwnForm) {
    for (const auto* name : {"ab", "-abc", "a.b.c"}) {
        EXPECT_EQ(error_code(make(name)), "InvalidResourceName") << name;
    }
    EXPECT_EQ(make("a-b_c").status, 201);
    EXPECT_EQ(make(std::string(128, 'a')).status, 201);
    EXPECT_EQ(make(std::string(129, 'a')).status, 400);
}

TEST_F(ManagedIdentities, LeaveNoPrincipalWhenTheyCannotBeMade) {
    EXPECT_EQ(world.put(in_rg("id1"), "{}").status, 400);
    world.if_match = "*";
    EXPECT_EQ(make().status, 412);
    EXPECT_TRUE(world.principals.list().empty());
}

TEST_F(ManagedIdentities, AreProvedByFederatedCredentials) {
    const auto client = text_at(make(), "properties.clientId");
    const auto url = in_rg("id1/federatedIdentityCredentials/");
    const auto made = world.put(url + "ci", credential("repo:a/b"));
    EXPECT_EQ(made.status, 201) << error_message(made);
    EXPECT_EQ(text_at(made, "properties.subject"), "repo:a/b");
    EXPECT_EQ(at(made.body, "location"), nullptr);
    EXPECT_EQ(world.put(url + "other", credential("repo:c/d")).status, 201);
    EXPECT_EQ(world.put(url + "other", credential("repo:e/f", "aud")).status, 200);
    auto credentials = world.principals.find_by_client(client)->federated_credentials;
    ASSERT_EQ(credentials.size(), 2U);
    EXPECT_EQ(credentials[1].name, "other");
    EXPECT_EQ(credentials[1].issuer, "https://issuer.example/");
    EXPECT_EQ(credentials[1].subject, "repo:e/f");
    EXPECT_EQ(credentials[1].audience, "aud");
    EXPECT_EQ(names_in(world.get(in_rg("id1/federatedIdentityCredentials")).body),
              (std::vector<std::string>{"ci", "other"}));
    EXPECT_EQ(world.remove(url + "ci").status, 200);
    EXPECT_EQ(world.remove(url + "ci").status, 204);
    credentials = world.principals.find_by_client(client)->federated_credentials;
    ASSERT_EQ(credentials.size(), 1U);
    EXPECT_EQ(credentials[0].name, "other");
}

TEST_F(ManagedIdentities, KeepTheirCredentialsWhenTheyAreTagged) {
    const auto client = text_at(make(), "properties.clientId");
    static_cast<void>(
        world.put(in_rg("id1/federatedIdentityCredentials/ci"), credential("repo:a/b")));
    EXPECT_EQ(world.patch(in_rg("id1"), R"({"tags": {"a": "b"}})").status, 200);
    EXPECT_EQ(world.principals.find_by_client(client)->federated_credentials.size(), 1U);
}

TEST_F(ManagedIdentities, TakeTheirCredentialsAlong) {
    static_cast<void>(make());
    const auto url = in_rg("id1/federatedIdentityCredentials/ci");
    EXPECT_EQ(world.put(url, credential("repo:a/b")).status, 201);
    EXPECT_EQ(world.remove(in_rg("id1")).status, 200);
    EXPECT_EQ(world.get(url).status, 404);
}

TEST_F(ManagedIdentities, RefuseCredentialsThatProveNothing) {
    static_cast<void>(make());
    const auto url = in_rg("id1/federatedIdentityCredentials/");
    EXPECT_EQ(error_code(world.put(in_rg("none/federatedIdentityCredentials/ci"), credential("s"))),
              "ParentResourceNotFound");
    for (const auto* properties :
         {R"({})",
          R"({"issuer": "https://i", "audiences": ["a"]})",
          R"({"issuer": "http://i", "subject": "s", "audiences": ["a"]})",
          R"({"issuer": "https://i", "subject": "s", "audiences": []})",
          R"({"issuer": "https://i", "subject": "s", "audiences": ["a", "b"]})"}) {
        const auto refused =
            world.put(url + "ci", std::string(R"({"properties": )") + properties + "}");
        EXPECT_EQ(refused.status, 400) << properties;
    }
    EXPECT_EQ(world.put(url + "one", credential("same")).status, 201);
    EXPECT_EQ(world.put(url + "two", credential("same")).status, 409);
}

}  // namespace
}  // namespace ingot::providers
