// SPDX-License-Identifier: Apache-2.0
#include "unit/providers/surroundings.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

std::string provider(const std::string& rest) {
    return kSub + "/providers/" + rest;
}

boost::json::value type_in(const resources::Answer& answer, const std::string& name) {
    for (const auto& type : answer.body.at("resourceTypes").as_array()) {
        if (type.at("resourceType").as_string() == name) {
            return type;
        }
    }
    return nullptr;
}

TEST(ResourceProviders, ShowTheTypesThatTheRouterHas) {
    Surroundings around;
    const auto shown = around.world.get(provider("test.things"));
    ASSERT_EQ(shown.status, 200);
    EXPECT_EQ(text_at(shown, "id"), provider("Test.Things"));
    EXPECT_EQ(text_at(shown, "namespace"), "Test.Things");
    EXPECT_EQ(text_at(shown, "registrationState"), "Registered");
    EXPECT_EQ(text_at(shown, "registrationPolicy"), "RegistrationRequired");
    const auto parts = type_in(shown, "things/parts");
    ASSERT_TRUE(parts.is_object());
    // az takes the first that is no preview.
    EXPECT_EQ(parts.at("apiVersions"), (boost::json::array{"2022-01-01", "2021-05-05-preview"}));
    EXPECT_FALSE(parts.at("locations").as_array().empty());
    EXPECT_EQ(parts.at("capabilities").as_string(), "SupportsTags, SupportsLocation");
    EXPECT_TRUE(type_in(shown, "things/proxies").at("locations").as_array().empty());
    EXPECT_TRUE(
        around.world.get(provider("Test.Things/resourceTypes")).body.at("value").is_array());
}

TEST(ResourceProviders, AreListedWithThoseThatQuickstartsRegister) {
    Surroundings around;
    const auto list = around.world.get(kSub + "/providers");
    ASSERT_EQ(list.status, 200);
    std::vector<std::string> names;
    for (const auto& entry : list.body.at("value").as_array()) {
        names.emplace_back(entry.at("namespace").as_string());
    }
    for (const auto* name : {"Test.Things",
                             "Microsoft.Resources",
                             "Microsoft.Authorization",
                             "Microsoft.Features",
                             "Microsoft.KeyVault",
                             "Microsoft.Storage",
                             "Microsoft.Network",
                             "Microsoft.ContainerInstance"}) {
        EXPECT_EQ(std::ranges::count(names, name), 1) << name;
    }
    const auto tenant = around.world.get("/providers");
    EXPECT_EQ(at(tenant.body, "value").as_array().size(), names.size());
    EXPECT_EQ(text_at(around.world.get("/providers/microsoft.keyvault"), "namespace"),
              "Microsoft.KeyVault");
}

TEST(ResourceProviders, AreRegisteredAtOnce) {
    Surroundings around;
    const auto url = provider("Microsoft.KeyVault");
    EXPECT_EQ(text_at(around.world.get(url), "registrationState"), "NotRegistered");
    const auto registered = around.world.post(provider("microsoft.keyvault/register"));
    EXPECT_EQ(registered.status, 200);
    EXPECT_EQ(text_at(registered, "namespace"), "Microsoft.KeyVault");
    EXPECT_EQ(text_at(registered, "registrationState"), "Registered");
    EXPECT_EQ(text_at(around.world.get(url), "registrationState"), "Registered");
    // az provider unregister --wait waits for this word.
    const auto unregistered = around.world.post(url + "/UNREGISTER");
    EXPECT_EQ(text_at(unregistered, "registrationState"), "Unregistered");
    EXPECT_EQ(text_at(around.world.get(url), "registrationState"), "Unregistered");
}

TEST(ResourceProviders, RefuseWritesWithoutRegistration) {
    Surroundings around;
    around.make_group("rg");
    EXPECT_EQ(around.world.post(provider("Test.Things/unregister")).status, 200);
    const auto refused = around.make(thing_id("rg", "one"));
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(error_code(refused), "MissingSubscriptionRegistration");
    EXPECT_EQ(around.world.get(thing_id("rg", "one")).status, 404);
    EXPECT_EQ(around.world.post(provider("Test.Things/register")).status, 200);
    EXPECT_EQ(around.make(thing_id("rg", "one")).status, 201);
}

TEST(ResourceProviders, StayRegisteredWhileThereAreResources) {
    Surroundings around;
    around.make_group("rg");
    around.make(thing_id("rg", "one"));
    const auto refused = around.world.post(provider("Test.Things/unregister"));
    EXPECT_EQ(refused.status, 409);
    EXPECT_NE(error_message(refused).find(thing_id("rg", "one")), std::string::npos);
    EXPECT_EQ(text_at(around.world.get(provider("Test.Things")), "registrationState"),
              "Registered");
}

TEST(ResourceProviders, ThatNeedNoRegistrationHaveItForEver) {
    Surroundings around;
    for (const auto* name :
         {"Microsoft.Resources", "Microsoft.Authorization", "Microsoft.Features"}) {
        EXPECT_EQ(text_at(around.world.get(provider(name)), "registrationState"), "Registered");
        EXPECT_EQ(text_at(around.world.get(provider(name)), "registrationPolicy"),
                  "RegistrationFree");
        EXPECT_EQ(around.world.post(provider(name) + "/unregister").status, 409);
    }
}

TEST(ResourceProviders, AreRegisteredForOneSubscription) {
    Surroundings around;
    const std::string other = "66666666-7777-8888-9999-aaaaaaaaaaaa";
    auto& repository = around.world.resources;
    EXPECT_TRUE(is_registered(repository, kSubscription, "test.things"));
    EXPECT_FALSE(is_registered(repository, other, "Test.Things"));
    EXPECT_FALSE(is_registered(repository, kSubscription, "Microsoft.KeyVault"));
    EXPECT_TRUE(is_registered(repository, other, "microsoft.authorization"));
    EXPECT_TRUE(is_registered(repository, "", "Test.Things"));
}

TEST(ResourceProviders, RefuseUnknownNamespaces) {
    Surroundings around;
    for (const auto* url : {"Contoso.Nothing", "Contoso.Nothing/resourceTypes"}) {
        EXPECT_EQ(error_code(around.world.get(provider(url))), "InvalidResourceNamespace") << url;
    }
    EXPECT_EQ(around.world.post(provider("Contoso.Nothing/register")).status, 404);
    EXPECT_EQ(around.world.post(provider("Test.Things/explode")).status, 404);
    EXPECT_EQ(around.world.get("/providers/Contoso.Nothing").status, 404);
}

TEST(ResourceProviders, AreRegisteredByTheRightOfTheirNamespace) {
    Surroundings around;
    const auto role = "cccccccc-0000-4000-8000-000000000003";
    EXPECT_EQ(
        around.world
            .put(
                provider("Microsoft.Authorization/roleDefinitions/") + role,
                R"({"properties": {"roleName": "Registrar", "assignableScopes": [")" + kSub +
                    R"("], "permissions": [{"actions": ["microsoft.keyvault/register/action"]}]}})")
            .status,
        201);
    around.grant(kAlice, role, kSub);
    around.as(kAlice);
    EXPECT_EQ(around.world.post(provider("Microsoft.KeyVault/register")).status, 200);
    EXPECT_EQ(around.world.post(provider("Microsoft.KeyVault/unregister")).status, 403);
    EXPECT_EQ(around.world.post(provider("Microsoft.Storage/register")).status, 403);
    // Knowing what it is registered for takes no more than a role in the subscription.
    EXPECT_EQ(around.world.get(provider("Microsoft.Storage")).status, 200);
    around.as(kBob);
    EXPECT_EQ(around.world.get(provider("Microsoft.Storage")).status, 404);
}

const std::string kFeature =
    kSub +
    "/providers/Microsoft.Features/providers/"
    "Microsoft.VirtualMachineImages/features/VirtualMachineTemplatePreview";

// A namespace that the samples have a type of.
const std::string kOwnFeature =
    kSub + "/providers/Microsoft.Features/providers/Test.Things/features/Own";

TEST(Features, AreRegisteredShownAndListed) {
    Surroundings around;
    EXPECT_EQ(around.world.get(kOwnFeature).status, 404);
    EXPECT_EQ(error_code(around.world.get(kOwnFeature)), "FeatureNotFound");
    const auto registered = around.world.post(kOwnFeature + "/register");
    EXPECT_EQ(registered.status, 200);
    EXPECT_EQ(text_at(registered, "id"), kOwnFeature);
    EXPECT_EQ(text_at(registered, "name"), "Test.Things/Own");
    EXPECT_EQ(text_at(registered, "type"), "Microsoft.Features/providers/features");
    EXPECT_EQ(text_at(registered, "properties.state"), "Registered");
    EXPECT_EQ(around.world.get(kOwnFeature).body, registered.body);
    const auto all = kSub + "/providers/Microsoft.Features/features";
    const auto of_things = kSub + "/providers/Microsoft.Features/providers/Test.Things/features";
    const auto of_vaults =
        kSub + "/providers/Microsoft.Features/providers/Microsoft.KeyVault/features";
    EXPECT_EQ(names_in(around.world.get(all).body), std::vector<std::string>{"Test.Things/Own"});
    EXPECT_EQ(names_in(around.world.get(of_things).body),
              std::vector<std::string>{"Test.Things/Own"});
    EXPECT_TRUE(names_in(around.world.get(of_vaults).body).empty());
    EXPECT_EQ(text_at(around.world.post(kOwnFeature + "/unregister"), "properties.state"),
              "Unregistered");
    EXPECT_EQ(text_at(around.world.get(kOwnFeature), "properties.state"), "Unregistered");
}

TEST(Features, RefuseUnknownNamespacesAndNoNames) {
    Surroundings around;
    const auto base = kSub + "/providers/Microsoft.Features/providers/";
    EXPECT_EQ(error_code(around.world.post(base + "Contoso.X/features/F/register")),
              "InvalidResourceNamespace");
    EXPECT_EQ(around.world.post(base + "Test.Things/features/a%20b/register").status, 400);
    EXPECT_EQ(around.world.put(kOwnFeature, "{}").status, 405);
    EXPECT_EQ(around.world.get(base + "Contoso.X/features").status, 404);
    // The samples have no such namespace.
    EXPECT_EQ(around.world.get(kFeature).status, 404);
}

}  // namespace
}  // namespace ingot::providers
