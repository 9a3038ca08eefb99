// SPDX-License-Identifier: Apache-2.0
#include "unit/providers/compute_world.h"

#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

using Galleries = ComputeTest;

const std::string kBody = R"({"location": "West US 2", "tags": {"a": "b"},
                             "properties": {"description": "ours"}})";

TEST_F(Galleries, AreMadeAtOnceAndShownAsMade) {
    const auto url = in_rg("galleries/myGallery");
    const auto made = world.put(url, kBody);
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(text_at(made, "id"), url);
    EXPECT_EQ(text_at(made, "name"), "myGallery");
    EXPECT_EQ(text_at(made, "type"), "Microsoft.Compute/galleries");
    EXPECT_EQ(text_at(made, "location"), "westus2");
    EXPECT_EQ(text_at(made, "tags.a"), "b");
    EXPECT_EQ(text_at(made, "properties.description"), "ours");
    EXPECT_EQ(text_at(made, "properties.identifier.uniqueName"), kSubscription + "-MYGALLERY");
    EXPECT_EQ(text_at(made, "properties.provisioningState"), "Succeeded");
    EXPECT_EQ(world.get(url).body, made.body);
}

// az 2.45 in its two cloud profiles, and the JavaScript SDK's two generations.
TEST_F(Galleries, AnswerAllApiVersionsOfTheClientsAlike) {
    for (const auto* version : {"2021-10-01", "2019-12-01", "2025-03-03", "2024-03-03"}) {
        world.api_version = version;
        EXPECT_EQ(world.put(in_rg(std::string("galleries/g") + version[3]), kBody).status / 100, 2)
            << version;
        EXPECT_EQ(world.get(in_rg("galleries/G1")).status, 200) << version;
    }
}

TEST_F(Galleries, AreReplacedAndPatched) {
    const auto url = in_rg("galleries/g");
    make_gallery();
    const auto replaced = world.put(url, kBody);
    EXPECT_EQ(replaced.status, 200);
    const auto patched =
        world.patch(url, R"({"tags": {"c": "d"}, "properties": {"description": "theirs"}})");
    EXPECT_EQ(patched.status, 200);
    EXPECT_EQ(text_at(patched, "tags.c"), "d");
    EXPECT_EQ(at(patched.body, "tags.a"), nullptr);
    EXPECT_EQ(text_at(patched, "properties.description"), "theirs");
    EXPECT_EQ(text_at(patched, "properties.identifier.uniqueName"), kSubscription + "-G");
}

TEST_F(Galleries, AreListedInGroupAndSubscription) {
    make_gallery("one");
    make_gallery("two");
    world.make_group("other");
    EXPECT_EQ(names_in(world.get(in_rg("galleries")).body),
              (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(
        names_in(world.get(ProviderWorld::in_subscription("Microsoft.Compute/galleries")).body),
        (std::vector<std::string>{"one", "two"}));
    EXPECT_TRUE(
        names_in(world.get(ProviderWorld::in_group("other", "Microsoft.Compute/galleries")).body)
            .empty());
}

TEST_F(Galleries, AreUniqueInTheirSubscription) {
    make_gallery("one");
    world.make_group("other");
    const auto refused =
        world.put(ProviderWorld::in_group("other", "Microsoft.Compute/galleries/ONE"), kBody);
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(error_message(refused),
              "The gallery name 'ONE' is not unique within the subscription '" + kSubscription +
                  "'. Please pick another gallery name.");
}

TEST_F(Galleries, HaveNamesWithoutDashes) {
    for (const auto& name : {std::string("my-gallery"),
                             std::string("_g"),
                             std::string("g."),
                             std::string("g_"),
                             std::string(81, 'g')}) {
        const auto refused = world.put(in_rg("galleries/" + name), kBody);
        EXPECT_EQ(refused.status, 400) << name;
        EXPECT_EQ(error_code(refused), "InvalidParameter") << name;
        EXPECT_EQ(text_at(refused, "error.target"), "galleryName") << name;
    }
    EXPECT_EQ(world.put(in_rg("galleries/my_gallery.1"), kBody).status, 201);
    EXPECT_EQ(world.put(in_rg("galleries/" + std::string(80, 'g')), kBody).status, 201);
}

TEST_F(Galleries, RefuseSharingAndSoftDeletion) {
    const auto url = in_rg("galleries/g");
    EXPECT_EQ(world
                  .put(url,
                       R"({"location": "westus2",
                            "properties": {"sharingProfile": {"permissions": "Community"}}})")
                  .status,
              400);
    EXPECT_EQ(world
                  .put(url,
                       R"({"location": "westus2",
                            "properties": {"softDeletePolicy": {"isSoftDeleteEnabled": true}}})")
                  .status,
              400);
    EXPECT_EQ(world
                  .put(url,
                       R"({"location": "westus2",
                            "properties": {"sharingProfile": {"permissions": "Private"},
                                           "softDeletePolicy": {"isSoftDeleteEnabled": false}}})")
                  .status,
              201);
}

TEST_F(Galleries, StayWhileTheyHaveDefinitions) {
    make_gallery();
    make_definition();
    const auto refused = world.remove(in_rg("galleries/g"));
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(error_code(refused), "CannotDeleteResource");
    EXPECT_EQ(error_message(refused),
              "Can not delete resource before nested resources are deleted.");
    EXPECT_EQ(world.get(in_rg("galleries/g")).status, 200);
    EXPECT_EQ(world.remove(in_rg("galleries/g/images/d")).status, 200);
    EXPECT_EQ(world.remove(in_rg("galleries/g")).status, 200);
    EXPECT_EQ(world.remove(in_rg("galleries/g")).status, 204);
}

TEST_F(Galleries, ThatARunMadeAreLikeAnyOther) {
    publish_version("1.0.0");
    const auto made = world.get(in_rg("galleries/g"));
    EXPECT_EQ(text_at(made, "location"), "westus2");
    EXPECT_EQ(text_at(made, "properties.identifier.uniqueName"), kSubscription + "-G");
    EXPECT_EQ(text_at(made, "properties.provisioningState"), "Succeeded");
    EXPECT_EQ(names_in(world.get(in_rg("galleries/g/images")).body), std::vector<std::string>{"d"});
}

}  // namespace
}  // namespace ingot::providers
