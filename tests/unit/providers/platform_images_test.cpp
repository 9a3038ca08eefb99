// SPDX-License-Identifier: Apache-2.0
#include "providers/platform_images.h"

#include "unit/providers/provider_world.h"

#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

std::string image(const std::string& names, const std::string& version, const std::string& more) {
    return "{" + names + R"(, "version": ")" + version + R"(", )" + more +
           R"("download": {"url": "https://example.invalid/i", "format": "raw", "digest": "00"}})";
}

const std::string kUbuntu = R"("publisher": "Canonical", "offer": "ubuntu", "sku": "22_04-lts")";
const std::string kUbuntuGen2 =
    R"("publisher": "canonical", "offer": "ubuntu", "sku": "22_04-lts-gen2")";
const std::string kDebian = R"("publisher": "Debian", "offer": "debian-12", "sku": "12")";

const std::string kCatalog = "[" + image(kUbuntu, "22.04.9", R"("hyperVGeneration": "V1", )") +
                             "," + image(kUbuntu, "22.04.10", R"("hyperVGeneration": "V1", )") +
                             "," + image(kUbuntuGen2, "22.04.1", R"("hyperVGeneration": "V2", )") +
                             "," + image(kDebian, "12.0.1", R"("hyperVGeneration": "V1", )") + "]";

class PlatformImages : public testing::Test {
  protected:
    PlatformImages() { world.api_version = "2020-06-01"; }

    static std::string url_of(const std::string& rest) {
        return ProviderWorld::in_subscription("Microsoft.Compute/locations/westus2/publishers" +
                                              rest);
    }

    static const std::string& versions() {
        static const auto url =
            url_of("/Canonical/artifacttypes/vmimage/offers/ubuntu/skus/22_04-lts/versions");
        return url;
    }

    ProviderWorld world{platform_images, kCatalog};
};

using Names = std::vector<std::string>;

TEST_F(PlatformImages, ListTheirPublishersAsABareArray) {
    const auto listed = world.get(url_of(""));
    ASSERT_TRUE(listed.body.is_array());
    EXPECT_EQ(names_in(listed.body), (Names{"Canonical", "Debian"}));
    EXPECT_EQ(text_at(listed, "1.location"), "westus2");
    EXPECT_EQ(text_at(listed, "1.id"),
              "/Subscriptions/" + kSubscription +
                  "/Providers/Microsoft.Compute/Locations/westus2/Publishers/Debian");
}

TEST_F(PlatformImages, ListOffersAndSkusInAnyCase) {
    EXPECT_EQ(names_in(world.get(url_of("/CANONICAL/artifacttypes/vmimage/offers")).body),
              Names{"ubuntu"});
    const auto skus = world.get(url_of("/Canonical/artifactTypes/VMImage/offers/Ubuntu/skus"));
    EXPECT_EQ(names_in(skus.body), (Names{"22_04-lts", "22_04-lts-gen2"}));
    EXPECT_EQ(text_at(skus, "0.id"),
              "/Subscriptions/" + kSubscription +
                  "/Providers/Microsoft.Compute/Locations/westus2/Publishers/Canonical/"
                  "ArtifactTypes/VMImage/Offers/Ubuntu/Skus/22_04-lts");
}

TEST_F(PlatformImages, ListVersionsByNumber) {
    const auto listed = world.get(versions());
    EXPECT_EQ(names_in(listed.body), (Names{"22.04.9", "22.04.10"}));
    EXPECT_EQ(at(listed.body, "0.properties"), nullptr);
}

// `az vm image show --urn P:O:S:latest`.
TEST_F(PlatformImages, FindTheLatestVersion) {
    EXPECT_EQ(names_in(world.get(versions() + "?$top=1&$orderby=name desc").body),
              Names{"22.04.10"});
    EXPECT_EQ(names_in(world.get(versions() + "?$top=1").body), Names{"22.04.9"});
    EXPECT_EQ(world.get(versions() + "?$top=some").status, 400);
}

TEST_F(PlatformImages, ShowOneVersion) {
    const auto shown = world.get(versions() + "/22.04.10");
    EXPECT_EQ(shown.status, 200);
    EXPECT_EQ(text_at(shown, "name"), "22.04.10");
    EXPECT_EQ(text_at(shown, "location"), "westus2");
    EXPECT_EQ(text_at(shown, "properties.osDiskImage.operatingSystem"), "Linux");
    EXPECT_EQ(text_at(shown, "properties.hyperVGeneration"), "V1");
    EXPECT_EQ(text_at(shown, "properties.architecture"), "x64");
    EXPECT_TRUE(at(shown.body, "properties.dataDiskImages").is_array());
    const auto expanded = world.get(versions() + "?$expand=properties");
    EXPECT_EQ(at(expanded.body, "1.properties"), at(shown.body, "properties"));
}

TEST_F(PlatformImages, AreNotFoundInAzuresWords) {
    for (const auto& url : {url_of("/None/artifacttypes/vmimage/offers"),
                            url_of("/Debian/artifacttypes/vmimage/offers/ubuntu/skus"),
                            url_of("/Debian/artifacttypes/vmextension/offers"),
                            versions() + "/1.2.3"}) {
        const auto missing = world.get(url);
        EXPECT_EQ(missing.status, 404) << url;
        EXPECT_EQ(error_code(missing), "NotFound") << url;
        EXPECT_EQ(error_message(missing), "Artifact: VMImage was not found.") << url;
    }
}

TEST_F(PlatformImages, CannotBeWritten) {
    EXPECT_EQ(world.put(versions() + "/1.2.3", "{}").status, 405);
    EXPECT_EQ(world.remove(versions() + "/22.04.10").status, 405);
}

TEST(PlatformImagesOfAnEmptyCatalog, AreNone) {
    ProviderWorld world(platform_images);
    const auto listed =
        world.get(ProviderWorld::in_subscription("Microsoft.Compute/locations/westus2/publishers"));
    EXPECT_EQ(listed.status, 200);
    EXPECT_TRUE(names_in(listed.body).empty());
}

}  // namespace
}  // namespace ingot::providers
