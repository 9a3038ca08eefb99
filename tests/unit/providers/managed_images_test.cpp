// SPDX-License-Identifier: Apache-2.0
#include "unit/providers/compute_world.h"

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

using testing::HasSubstr;

class ManagedImages : public ComputeTest {
  protected:
    ManagedImages() { world.api_version = "2020-06-01"; }

    const std::string url = in_rg("images/img");
};

TEST_F(ManagedImages, OfRunsAreShownAsAzureShowsThem) {
    publish_managed_image();
    const auto shown = world.get(url);
    EXPECT_EQ(shown.status, 200);
    EXPECT_EQ(text_at(shown, "id"), url);
    EXPECT_EQ(text_at(shown, "type"), "Microsoft.Compute/images");
    EXPECT_EQ(text_at(shown, "location"), "westus2");
    EXPECT_EQ(text_at(shown, "tags.made"), "by-run");
    EXPECT_EQ(text_at(shown, "properties.storageProfile.osDisk.osType"), "Linux");
    EXPECT_EQ(text_at(shown, "properties.storageProfile.osDisk.osState"), "Generalized");
    EXPECT_EQ(at(shown.body, "properties.storageProfile.osDisk.diskSizeGB"), 4);
    EXPECT_EQ(text_at(shown, "properties.hyperVGeneration"), "V1");
    EXPECT_EQ(text_at(shown, "properties.provisioningState"), "Succeeded");
}

TEST_F(ManagedImages, AreListedInGroupAndSubscription) {
    publish_managed_image("b", "1");
    publish_managed_image("a", "2");
    for (const auto* version : {"2020-06-01", "2022-11-01", "2026-03-01", "2024-11-01"}) {
        world.api_version = version;
        EXPECT_EQ(names_in(world.get(in_rg("images")).body), (std::vector<std::string>{"a", "b"}));
        EXPECT_EQ(
            names_in(world.get(ProviderWorld::in_subscription("Microsoft.Compute/images")).body),
            (std::vector<std::string>{"a", "b"}));
    }
}

// `az image create --source` with a disk, a snapshot, a blob or a VM.
TEST_F(ManagedImages, AreNotMadeByClients) {
    for (const auto* source : {R"("managedDisk": {"id": "/d"})",
                               R"("snapshot": {"id": "/s"})",
                               R"("blobUri": "https://a.blob.core.windows.net/c/d.vhd")"}) {
        const auto refused = world.put(
            url,
            std::string(
                R"({"location": "westus2", "properties": {"storageProfile": {"osDisk": {)") +
                source +
                R"(, "osType": "Linux", "osState": "Generalized"}, "dataDisks": []},)"
                R"( "hyperVGeneration": "V1"}})");
        EXPECT_EQ(refused.status, 400);
        EXPECT_EQ(error_code(refused), "OperationNotAllowed");
        EXPECT_THAT(error_message(refused), HasSubstr("distributor of type ManagedImage"));
    }
    EXPECT_EQ(world.get(url).status, 404);
}

// `az image update` gets the image and puts it back.
TEST_F(ManagedImages, AreTagged) {
    publish_managed_image();
    auto document = world.get(url).body;
    document.as_object()["tags"] = {{"stage", "good"}, {"x", "y"}};
    const auto put = world.put(url, boost::json::serialize(document));
    EXPECT_EQ(put.status, 200) << error_message(put);
    EXPECT_EQ(put.body, document);
    EXPECT_EQ(world.images.managed_images().at(0).tags.at("stage"), "good");
    const auto patched = world.patch(url, R"({"tags": {"only": "this"}})");
    EXPECT_EQ(patched.status, 200);
    EXPECT_EQ(world.images.managed_images().at(0).tags,
              (std::map<std::string, std::string>{{"only", "this"}}));
    EXPECT_EQ(world.images.managed_images().at(0).content.digest, digest_of_disk("managed disk"));
}

TEST_F(ManagedImages, NeverChangeTheirContent) {
    publish_managed_image();
    const auto before = world.get(url).body;
    const std::vector<std::string> changes = {
        R"("hyperVGeneration": "V2")",
        R"("storageProfile": {"osDisk": {"osType": "Windows"}})",
        R"("storageProfile": {"osDisk": {"diskSizeGB": 8}})",
        R"("storageProfile": {"osDisk": {"managedDisk": {"id": "/d"}}})",
        R"("storageProfile": {"osDisk": {"blobUri": "https://x/y"}})",
        R"("storageProfile": {"dataDisks": [{"lun": 0}]})",
        R"("sourceVirtualMachine": {"id": "/vm"})"};
    for (const auto& change : changes) {
        for (const auto* verb : {"PUT", "PATCH"}) {
            const auto refused =
                world.send(verb, url, R"({"location": "westus2", "properties": {)" + change + "}}");
            EXPECT_EQ(refused.status, 409) << verb << change;
            EXPECT_EQ(error_code(refused), "PropertyChangeNotAllowed") << verb << change;
        }
    }
    EXPECT_EQ(world.get(url).body, before);
}

TEST_F(ManagedImages, GoWithTheirDisk) {
    publish_managed_image();
    EXPECT_EQ(world.remove(url).status, 200);
    EXPECT_EQ(world.remove(url).status, 204);
    EXPECT_TRUE(world.images.managed_images().empty());
    EXPECT_FALSE(world.storage.has(digest_of_disk("managed disk")));
}

TEST_F(ManagedImages, LeaveADiskThatAVersionSharesWithThem) {
    make_gallery();
    publish_managed_image("img", "shared");
    publish_version("1.0.0", "shared");
    EXPECT_EQ(world.remove(url).status, 200);
    EXPECT_TRUE(world.storage.has(digest_of_disk("shared")));
}

TEST_F(ManagedImages, AreReplacedByAnotherRun) {
    publish_managed_image();
    const auto before = world.get(url);
    world.images.publish(gallery::ManagedImage{.id = base::to_lower(url),
                                               .location = "westus2",
                                               .content = make_disk("newer"),
                                               .provenance = {.run_id = "second"},
                                               .created = base::now()},
                         {.run_id = "second", .name = "output"});
    const auto after = world.get(url);
    EXPECT_EQ(text_at(after, "id"), url);
    EXPECT_EQ(at(after.body, "tags").as_object().size(), 0U);
    EXPECT_NE(after.headers, before.headers);  // another etag
    EXPECT_EQ(names_in(world.get(in_rg("images")).body).size(), 1U);
}

}  // namespace
}  // namespace ingot::providers
