// SPDX-License-Identifier: Apache-2.0
#include "providers/cloud_metadata.h"

#include "os/files.h"

#include <string>

#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

const std::string kBase = "https://localhost:8443";

TEST(CloudMetadata, OfTheFirstVersionIsWhatAzRegistersFrom) {
    const auto body = cloud_metadata(kBase, "2015-01-01", "tenant");
    ASSERT_TRUE(body.is_object());
    EXPECT_EQ(body.at("authentication").at("loginEndpoint").as_string(), kBase + "/adfs");
    EXPECT_EQ(body.at("authentication").at("audiences"), (boost::json::array{kBase + "/"}));
    for (const auto* name : {"galleryEndpoint", "graphEndpoint", "portalEndpoint"}) {
        EXPECT_TRUE(body.at(name).is_string()) << name;
    }
}

TEST(CloudMetadata, LaterIsAListOfClouds) {
    for (const auto* version : {"2019-05-01", "2020-06-01", "2021-01-01", ""}) {
        const auto body = cloud_metadata(kBase, version, "tenant");
        ASSERT_TRUE(body.is_array()) << version;
        ASSERT_EQ(body.as_array().size(), 1U);
        const auto& cloud = body.at(0);
        // What az and Terraform cannot do without.
        EXPECT_EQ(cloud.at("name").as_string(), "Ingot");
        EXPECT_EQ(cloud.at("resourceManager").as_string(), kBase + "/");
        EXPECT_EQ(cloud.at("authentication").at("loginEndpoint").as_string(), kBase + "/adfs");
        EXPECT_EQ(cloud.at("authentication").at("audiences").at(0).as_string(), kBase + "/");
        EXPECT_EQ(cloud.at("authentication").at("tenant").as_string(), "tenant");
        EXPECT_EQ(cloud.at("suffixes").at("storage").as_string(), "localhost:8443");
        EXPECT_EQ(cloud.at("microsoftGraphResourceId").as_string(), kBase + "/msgraph");
        EXPECT_EQ(cloud.at("vmImageAliasDoc").as_string(), kBase + "/aliases.json");
    }
}

TEST(CloudMetadata, OfTheNewestVersionsIsOneCloud) {
    const auto body = cloud_metadata(kBase, "2022-09-01", "tenant");
    ASSERT_TRUE(body.is_object());
    EXPECT_EQ(body, cloud_metadata(kBase, "2019-05-01", "tenant").at(0));
    EXPECT_EQ(cloud_metadata(kBase, "2025-01-01", "tenant"), body);
}

TEST(ImageAliases, NameEachImageOfTheCatalogueOnce) {
    const auto folder = os::ScratchFolder::temporary();
    const auto image = [](const std::string& offer, const std::string& sku) {
        return R"({"publisher": "Canonical", "offer": ")" + offer + R"(", "sku": ")" + sku +
               R"(", "version": "1.0.0", "hyperVGeneration": "V2", "tried": false,
                   "description": "d", "download": {"url": "https://example.org/i.img",
                   "digest": "sha256:)" +
               std::string(64, 'a') + R"(", "format": "qcow2"}})";
    };
    os::replace_file(folder.path() / "catalog.json",
                     "{\"images\": [" + image("0001-com-ubuntu-server-jammy", "22_04-lts-gen2") +
                         "," + image("offer", "sku") + "]}");
    const auto document = boost::json::value(image_aliases(sources::Catalog::load(folder.path())));
    const auto& aliases = document.at("outputs").at("aliases").at("value");
    EXPECT_TRUE(aliases.at("Windows").as_object().empty());
    EXPECT_EQ(aliases.at("Linux"),
              (boost::json::value{{"Ubuntu2204",
                                   {{"publisher", "Canonical"},
                                    {"offer", "0001-com-ubuntu-server-jammy"},
                                    {"sku", "22_04-lts-gen2"},
                                    {"version", "latest"},
                                    {"architecture", "x64"}}},
                                  {"offer-sku",
                                   {{"publisher", "Canonical"},
                                    {"offer", "offer"},
                                    {"sku", "sku"},
                                    {"version", "latest"},
                                    {"architecture", "x64"}}}}));
}

}  // namespace
}  // namespace ingot::providers
