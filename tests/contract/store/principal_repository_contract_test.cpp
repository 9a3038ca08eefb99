// SPDX-License-Identifier: Apache-2.0
// What every identity::PrincipalRepository keeps to.
#include "base/error.h"
#include "contract/store/database_kinds.h"
#include "contract/store/store_samples.h"
#include "identity/principal_repository.h"
#include "store/principal_store.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::store {
namespace {

using identity::PrincipalKind;
using identity::ServicePrincipal;

class PrincipalRepositoryContract : public StoreContract<PrincipalStore> {
  protected:
    Connected<PrincipalStore> principals_ = connect();
};

ServicePrincipal sample_principal(const std::string& suffix = "1") {
    return {.client_id = "Client-" + suffix,
            .object_id = "Object-" + suffix,
            .display_name = "build \"server\" \xc3\xa4",
            .kind = PrincipalKind::ManagedIdentity,
            .tenant_id = "tenant",
            .resource_id = "/subscriptions/S/resourceGroups/Rg/identity",
            .secrets = {{.id = "s1", .hash = "hash", .hint = "abc", .expires = sample_time(7)},
                        {.id = "s2", .hash = "other", .hint = "xyz"}},
            .certificates = {{.x5t = "x5t", .x5t_s256 = "x5t256", .pem = "-----BEGIN\n"}},
            .federated_credentials = {{.name = "github",
                                       .issuer = "https://token.actions",
                                       .subject = "repo:a/b",
                                       .audience = "api://other"}}};
}

void expect_same(const std::optional<ServicePrincipal>& found, const ServicePrincipal& expected) {
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->client_id, expected.client_id);
    EXPECT_EQ(found->object_id, expected.object_id);
    EXPECT_EQ(found->display_name, expected.display_name);
    EXPECT_EQ(found->kind, expected.kind);
    EXPECT_EQ(found->tenant_id, expected.tenant_id);
    EXPECT_EQ(found->resource_id, expected.resource_id);
    ASSERT_EQ(found->secrets.size(), expected.secrets.size());
    for (std::size_t i = 0; i < expected.secrets.size(); ++i) {
        EXPECT_EQ(found->secrets[i].id, expected.secrets[i].id);
        EXPECT_EQ(found->secrets[i].hash, expected.secrets[i].hash);
        EXPECT_EQ(found->secrets[i].hint, expected.secrets[i].hint);
        EXPECT_EQ(found->secrets[i].expires, expected.secrets[i].expires);
    }
    ASSERT_EQ(found->certificates.size(), 1U);
    EXPECT_EQ(found->certificates[0].x5t, expected.certificates[0].x5t);
    EXPECT_EQ(found->certificates[0].x5t_s256, expected.certificates[0].x5t_s256);
    EXPECT_EQ(found->certificates[0].pem, expected.certificates[0].pem);
    ASSERT_EQ(found->federated_credentials.size(), 1U);
    EXPECT_EQ(found->federated_credentials[0].name, expected.federated_credentials[0].name);
    EXPECT_EQ(found->federated_credentials[0].issuer, expected.federated_credentials[0].issuer);
    EXPECT_EQ(found->federated_credentials[0].subject, expected.federated_credentials[0].subject);
    EXPECT_EQ(found->federated_credentials[0].audience, expected.federated_credentials[0].audience);
}

TEST_P(PrincipalRepositoryContract, ReturnsAPrincipalAsItWasSaved) {
    principals_->save(sample_principal());
    expect_same(principals_->find_by_client("Client-1"), sample_principal());
    expect_same(principals_->find_by_object("Object-1"), sample_principal());
}

TEST_P(PrincipalRepositoryContract, ComparesIdsWithoutCase) {
    principals_->save(sample_principal());
    expect_same(principals_->find_by_client("CLIENT-1"), sample_principal());
    expect_same(principals_->find_by_object("object-1"), sample_principal());
    EXPECT_TRUE(principals_->remove("cLIENT-1"));
    EXPECT_FALSE(principals_->find_by_client("Client-1").has_value());
}

TEST_P(PrincipalRepositoryContract, DoesNotTakeAnObjectIdForAClientId) {
    principals_->save(sample_principal());
    EXPECT_FALSE(principals_->find_by_client("Object-1").has_value());
    EXPECT_FALSE(principals_->find_by_object("Client-1").has_value());
}

TEST_P(PrincipalRepositoryContract, ReplacesThePrincipalOfTheSameClientId) {
    principals_->save(sample_principal());
    auto changed = sample_principal();
    changed.client_id = "CLIENT-1";
    changed.object_id = "Object-2";
    changed.secrets.clear();
    principals_->save(changed);
    expect_same(principals_->find_by_client("client-1"), changed);
    EXPECT_FALSE(principals_->find_by_object("Object-1").has_value());
    EXPECT_EQ(principals_->list().size(), 1U);
}

TEST_P(PrincipalRepositoryContract, ListsAllByClientId) {
    for (const auto* suffix : {"b", "c", "a"}) {
        principals_->save(sample_principal(suffix));
    }
    std::vector<std::string> clients;
    for (const auto& principal : principals_->list()) {
        clients.push_back(principal.client_id);
    }
    EXPECT_EQ(clients, (std::vector<std::string>{"Client-a", "Client-b", "Client-c"}));
}

TEST_P(PrincipalRepositoryContract, TellsWhetherThereWasOneToRemove) {
    principals_->save(sample_principal());
    EXPECT_TRUE(principals_->remove("Client-1"));
    EXPECT_FALSE(principals_->remove("Client-1"));
    EXPECT_TRUE(principals_->list().empty());
}

TEST_P(PrincipalRepositoryContract, IsSeenOnOtherConnections) {
    principals_->save(sample_principal());
    auto others = connect();
    expect_same(others->find_by_client("Client-1"), sample_principal());
}

INSTANTIATE_TEST_SUITE_P(Databases,
                         PrincipalRepositoryContract,
                         all_database_kinds(),
                         name_of_kind);

}  // namespace
}  // namespace ingot::store
