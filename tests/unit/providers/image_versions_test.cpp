// SPDX-License-Identifier: Apache-2.0
#include "unit/providers/compute_world.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace ingot::providers {
namespace {

class ImageVersions : public ComputeTest {
  protected:
    ImageVersions() {
        make_gallery();
        make_definition();
    }

    static std::string url_of(const std::string& number) {
        return in_rg("galleries/g/images/d/versions/" + number);
    }

    // As `az sig image-version create` sends it; `more` is put into the publishing profile.
    static std::string body_from(const std::string& source, const std::string& more = "") {
        return R"({"location": "westus2", "tags": {"a": "b"}, "properties": {"publishingProfile":)"
               R"( {)" +
               more +
               R"("targetRegions": [{"name": "westus2", "regionalReplicaCount": 2},)"
               R"( {"name": "East US", "storageAccountType": null}]},)"
               R"( "storageProfile": {"source": {"id": ")" +
               source + R"("}}}})";
    }

    gallery::ImageVersion stored(const std::string& number) {
        for (const auto& version : world.images.versions()) {
            if (version.number.to_string() == number) {
                return version;
            }
        }
        ADD_FAILURE() << "no version " << number;
        return {};
    }

    // What is stored, as a client that updates it sends it back, with a change.
    template <typename Change>
    resources::Answer put_back(const std::string& number, Change&& change) {
        auto document = world.get(url_of(number)).body;
        change(document.as_object());
        return world.put(url_of(number), boost::json::serialize(document));
    }

    static boost::json::object& profile_in(boost::json::object& document) {
        return document["properties"].as_object()["publishingProfile"].as_object();
    }
};

TEST_F(ImageVersions, OfRunsAreShownAsAzureShowsThem) {
    publish_version("1.0.0");
    const auto shown = world.get(url_of("1.0.0"));
    EXPECT_EQ(shown.status, 200);
    EXPECT_EQ(text_at(shown, "id"), url_of("1.0.0"));
    EXPECT_EQ(text_at(shown, "name"), "1.0.0");
    EXPECT_EQ(text_at(shown, "type"), "Microsoft.Compute/galleries/images/versions");
    EXPECT_EQ(text_at(shown, "location"), "westus2");
    EXPECT_EQ(text_at(shown, "tags.made"), "by-run");
    EXPECT_EQ(text_at(shown, "properties.provisioningState"), "Succeeded");
    EXPECT_EQ(text_at(shown, "properties.publishingProfile.targetRegions.0.name"), "West US 2");
    EXPECT_EQ(text_at(shown, "properties.publishingProfile.targetRegions.1.name"), "East US");
    EXPECT_EQ(at(shown.body, "properties.publishingProfile.targetRegions.1.regionalReplicaCount"),
              1);
    EXPECT_EQ(at(shown.body, "properties.storageProfile.osDiskImage.sizeInGB"), 4);
    EXPECT_EQ(at(shown.body, "properties.storageProfile.source"), nullptr);
    EXPECT_EQ(at(shown.body, "properties.replicationStatus"), nullptr);
}

TEST_F(ImageVersions, ShowTheirReplicationWhenAsked) {
    publish_version("1.0.0");
    for (const auto* expand : {"ReplicationStatus", "replicationstatus,UefiSettings"}) {
        const auto shown = world.get(url_of("1.0.0") + "?$expand=" + expand);
        EXPECT_EQ(text_at(shown, "properties.replicationStatus.aggregatedState"), "Completed");
        EXPECT_EQ(text_at(shown, "properties.replicationStatus.summary.0.region"), "West US 2");
        EXPECT_EQ(text_at(shown, "properties.replicationStatus.summary.0.state"), "Completed");
        EXPECT_EQ(at(shown.body, "properties.replicationStatus.summary.1.progress"), 100);
    }
}

// az sends 2019-12-01 (hybrid) or 2022-03-03, the JavaScript SDK 2025-03-03.
TEST_F(ImageVersions, AreCopiedFromAManagedImageInAnyApiVersion) {
    const auto source = publish_managed_image();
    int patch = 0;
    for (const auto* version : {"2019-12-01", "2022-03-03", "2025-03-03"}) {
        world.api_version = version;
        const auto number = "1.0." + std::to_string(++patch);
        const auto made = world.put(url_of(number), body_from(source));
        ASSERT_EQ(made.status, 201) << error_message(made);
        EXPECT_EQ(text_at(made, "id"), url_of(number));
        EXPECT_EQ(text_at(made, "tags.a"), "b");
        EXPECT_EQ(text_at(made, "properties.storageProfile.source.id"), source);
        EXPECT_EQ(at(made.body, "properties.storageProfile.osDiskImage.sizeInGB"), 4);
        EXPECT_EQ(text_at(made, "properties.provisioningState"), "Succeeded");
        EXPECT_EQ(made.body, world.get(url_of(number)).body);
        const auto copy = stored(number);
        EXPECT_EQ(copy.content.digest, digest_of_disk("managed disk"));
        EXPECT_EQ(copy.tags.at("a"), "b");
        ASSERT_EQ(copy.regions.size(), 2U);
        EXPECT_EQ(copy.regions[0].name, "westus2");
        EXPECT_EQ(copy.regions[0].replica_count, 2);
    }
    EXPECT_EQ(names_in(world.get(in_rg("galleries/g/images/d/versions")).body),
              (std::vector<std::string>{"1.0.1", "1.0.2", "1.0.3"}));
}

TEST_F(ImageVersions, AreCopiedFromAnotherVersion) {
    const auto source = publish_version("1.0.0", "the disk");
    make_definition("e");
    const auto url = in_rg("galleries/g/images/e/versions/7.0.0");
    const auto made = world.put(url, body_from(base::to_lower(source)));
    ASSERT_EQ(made.status, 201) << error_message(made);
    EXPECT_EQ(stored("7.0.0").content.digest, digest_of_disk("the disk"));
    // The disk lives as long as one of them does.
    EXPECT_EQ(world.remove(url_of("1.0.0")).status, 200);
    EXPECT_TRUE(world.storage.has(digest_of_disk("the disk")));
    EXPECT_EQ(world.remove(url).status, 200);
    EXPECT_FALSE(world.storage.has(digest_of_disk("the disk")));
}

TEST_F(ImageVersions, TakeTheirDefaultsFromTheRequest) {
    const auto source = publish_managed_image();
    const auto made = world.put(url_of("1.0.0"),
                                R"({"location": "West US 2", "properties": {"publishingProfile":)"
                                R"( {"replicaCount": 3, "storageAccountType": "Premium_LRS"},)"
                                R"( "storageProfile": {"source": {"id": ")" +
                                    source + R"("}}}})");
    ASSERT_EQ(made.status, 201) << error_message(made);
    EXPECT_EQ(boost::json::serialize(at(made.body, "properties.publishingProfile.targetRegions")),
              R"([{"name":"West US 2","regionalReplicaCount":3,"storageAccountType":"Premium_LRS",)"
              R"("excludeFromLatest":false}])");
    EXPECT_EQ(at(made.body, "properties.publishingProfile.excludeFromLatest"), false);
    EXPECT_FALSE(text_at(made, "properties.publishingProfile.publishedDate").empty());
    EXPECT_EQ(at(made.body, "properties.safetyProfile.reportedForPolicyViolation"), false);
}

TEST_F(ImageVersions, HaveThreeNumbersForAName) {
    const auto source = publish_managed_image();
    for (const auto* name : {"1.0", "1.0.0.0", "latest", "v1.0.0", "01.0.0", "1.0.4294967296"}) {
        const auto refused = world.put(url_of(name), body_from(source));
        EXPECT_EQ(refused.status, 400) << name;
        EXPECT_EQ(error_code(refused), "InvalidParameter") << name;
        EXPECT_EQ(text_at(refused, "error.target"), "galleryImageVersionName") << name;
    }
    EXPECT_EQ(world.put(url_of("1.0.4294967295"), body_from(source)).status, 201);
}

TEST_F(ImageVersions, NeedTheirDefinition) {
    const auto refused = world.put(in_rg("galleries/g/images/none/versions/1.0.0"),
                                   body_from(publish_managed_image()));
    EXPECT_EQ(refused.status, 404);
    EXPECT_EQ(error_code(refused), "ParentResourceNotFound");
    EXPECT_EQ(error_message(refused),
              "Can not perform requested operation on nested resource. Parent resource 'g/none' "
              "not found.");
}

TEST_F(ImageVersions, NeedASourceThatIsThere) {
    const std::vector<std::pair<std::string, std::string>> sources = {
        {in_rg("images/none"), "NotFound"},
        {url_of("9.9.9"), "NotFound"},
        {in_rg("disks/d"), "InvalidParameter"},
        {"img", "LinkedInvalidPropertyId"},
        {"", "InvalidParameter"}};
    for (const auto& [source, code] : sources) {
        EXPECT_EQ(error_code(world.put(url_of("1.0.0"), body_from(source))), code) << source;
    }
    const auto refused =
        world.put(url_of("1.0.0"),
                  R"({"location": "westus2", "properties": {"storageProfile": {"osDiskImage":)"
                  R"( {"source": {"uri": "https://a.blob.core.windows.net/c/d.vhd"}}}}})");
    EXPECT_EQ(error_code(refused), "NotFound");
    EXPECT_TRUE(world.images.versions().empty());
    EXPECT_EQ(world.get(url_of("1.0.0")).status, 404);
}

TEST_F(ImageVersions, AreWhatTheirDefinitionIsFor) {
    const auto source = publish_managed_image();
    make_definition("v2", "V2");
    const auto other_generation =
        world.put(in_rg("galleries/g/images/v2/versions/1.0.0"), body_from(source));
    EXPECT_EQ(other_generation.status, 400);
    EXPECT_EQ(error_message(other_generation),
              "The resource with id '" + source +
                  "' has a different Hypervisor generation ['V1'] than the parent gallery image "
                  "Hypervisor generation ['V2']");
    auto body = definition_body("V1", "windows");
    body.replace(body.find("Linux"), 5, "Windows");
    EXPECT_EQ(world.put(in_rg("galleries/g/images/w"), body).status, 201);
    EXPECT_EQ(
        error_message(world.put(in_rg("galleries/g/images/w/versions/1.0.0"), body_from(source))),
        "The resource with id '" + source +
            "' has a different OS type ['Linux'] than the parent gallery image OS type "
            "['Windows']");
    body = definition_body("V1", "special");
    body.replace(body.find("Generalized"), 11, "Specialized");
    EXPECT_EQ(world.put(in_rg("galleries/g/images/s"), body).status, 201);
    EXPECT_EQ(
        error_message(world.put(in_rg("galleries/g/images/s/versions/1.0.0"), body_from(source))),
        "Cannot create Gallery Image Version from: " + source +
            " since the OS State in the parent gallery image ('Specialized') is not "
            "'Generalized'.");
    EXPECT_TRUE(world.images.versions().empty());
}

TEST_F(ImageVersions, SayWhatIsWrongWithTheRegions) {
    const auto source = publish_managed_image();
    const std::vector<std::pair<std::string, std::string>> wrong = {
        {R"("name": "East US")", R"("name": "West US 2")"},   // twice
        {R"("name": "westus2", )", R"("name": "westus", )"},  // not where the version is
        {R"("name": "East US")", R"("nome": "East US")"},
        {R"("regionalReplicaCount": 2)", R"("regionalReplicaCount": 0)"},
        {R"("regionalReplicaCount": 2)", R"("regionalReplicaCount": "2")"},
        {R"("storageAccountType": null)", R"("storageAccountType": "Tape")"},
        {R"("storageAccountType": null)", R"("excludeFromLatest": "no")"},
        {R"("storageAccountType": null)", R"("encryption": {"osDiskImage": {}})"}};
    for (const auto& [from, to] : wrong) {
        auto body = body_from(source);
        body.replace(body.find(from), from.size(), to);
        const auto refused = world.put(url_of("1.0.0"), body);
        EXPECT_EQ(refused.status, 400) << to;
        EXPECT_EQ(error_code(refused), "InvalidParameter") << to;
    }
    EXPECT_TRUE(world.images.versions().empty());
}

// `az sig image-version update` gets the version and puts it back; of what cannot be changed it may
// send nothing.
TEST_F(ImageVersions, KeepTheirContentWhenAzUpdatesThem) {
    const auto source = publish_managed_image();
    ASSERT_EQ(world.put(url_of("1.0.0"), body_from(source)).status, 201);
    const auto before = world.get(url_of("1.0.0"));
    const auto updated = put_back("1.0.0", [](boost::json::object& document) {
        document["properties"].as_object()["storageProfile"] = boost::json::object();
        document["tags"] = {{"stage", "good"}, {"x", "y"}};
        profile_in(document)["excludeFromLatest"] = true;
        profile_in(document)["endOfLifeDate"] = "2031-01-31T00:00:00+00:00";
        profile_in(document)["publishedDate"] = "1999-01-01T00:00:00Z";
        profile_in(document)["targetRegions"] = boost::json::array{
            boost::json::object{{"name", "westus2"}, {"regionalReplicaCount", 5}},
            boost::json::object{{"name", "West Europe"}, {"storageAccountType", "standard_zrs"}}};
    });
    EXPECT_EQ(updated.status, 200) << error_message(updated);
    EXPECT_EQ(updated.body, world.get(url_of("1.0.0")).body);
    EXPECT_EQ(at(updated.body, "properties.storageProfile"),
              at(before.body, "properties.storageProfile"));
    EXPECT_EQ(at(updated.body, "properties.publishingProfile.publishedDate"),
              at(before.body, "properties.publishingProfile.publishedDate"));
    EXPECT_EQ(text_at(updated, "properties.publishingProfile.endOfLifeDate"),
              "2031-01-31T00:00:00+00:00");
    EXPECT_EQ(text_at(updated, "properties.publishingProfile.targetRegions.1.name"), "West Europe");
    EXPECT_EQ(text_at(updated, "properties.publishingProfile.targetRegions.1.storageAccountType"),
              "Standard_ZRS");
    const auto version = stored("1.0.0");
    EXPECT_TRUE(version.exclude_from_latest);
    EXPECT_EQ(version.tags.at("stage"), "good");
    EXPECT_EQ(version.tags.size(), 2U);
    ASSERT_EQ(version.regions.size(), 2U);
    EXPECT_EQ(version.regions[0].replica_count, 5);
    EXPECT_EQ(version.regions[1].name, "westeurope");
    EXPECT_EQ(version.content.digest, digest_of_disk("managed disk"));
}

TEST_F(ImageVersions, OfRunsAreUpdatedLikeAnyOther) {
    publish_version("1.0.0");
    const auto updated = put_back("1.0.0", [](boost::json::object& document) {
        profile_in(document)["excludeFromLatest"] = true;
    });
    EXPECT_EQ(updated.status, 200) << error_message(updated);
    EXPECT_TRUE(stored("1.0.0").exclude_from_latest);
    const auto patched = world.patch(
        url_of("1.0.0"), R"({"properties": {"publishingProfile": {"excludeFromLatest": false}}})");
    EXPECT_EQ(patched.status, 200) << error_message(patched);
    EXPECT_EQ(at(patched.body, "properties.publishingProfile.targetRegions"),
              at(updated.body, "properties.publishingProfile.targetRegions"));
    EXPECT_FALSE(stored("1.0.0").exclude_from_latest);
}

TEST_F(ImageVersions, NeverChangeTheirSource) {
    const auto source = publish_managed_image();
    const auto other = publish_managed_image("other", "other disk");
    ASSERT_EQ(world.put(url_of("1.0.0"), body_from(source)).status, 201);
    EXPECT_EQ(world.put(url_of("1.0.0"), body_from(base::to_lower(source))).status, 200);
    const auto refused = world.put(url_of("1.0.0"), body_from(other));
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(error_message(refused),
              "Changing property 'galleryImageVersion.properties.storageProfile.source.id' is not "
              "allowed.");
    EXPECT_EQ(error_code(world.patch(
                  url_of("1.0.0"),
                  R"({"properties": {"storageProfile": {"source": {"id": ")" + other + R"("}}}})")),
              "PropertyChangeNotAllowed");
    EXPECT_EQ(stored("1.0.0").content.digest, digest_of_disk("managed disk"));
}

TEST_F(ImageVersions, KeepTheirRegionsIfTheySaySo) {
    ASSERT_EQ(world.put(url_of("1.0.0"), body_from(publish_managed_image())).status, 201);
    const auto protect = [&](bool may_remove) {
        return world.patch(url_of("1.0.0"),
                           std::string(R"({"properties": {"safetyProfile":)") +
                               R"( {"allowDeletionOfReplicatedLocations": )" +
                               (may_remove ? "true" : "false") + "}}}");
    };
    const auto drop_east = [](boost::json::object& document) {
        profile_in(document)["targetRegions"].as_array().pop_back();
    };
    EXPECT_EQ(protect(false).status, 200);
    const auto refused = put_back("1.0.0", drop_east);
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(error_code(refused), "OperationNotAllowed");
    EXPECT_EQ(stored("1.0.0").regions.size(), 2U);
    EXPECT_EQ(protect(true).status, 200);
    EXPECT_EQ(put_back("1.0.0", drop_east).status, 200);
    EXPECT_EQ(stored("1.0.0").regions.size(), 1U);
}

TEST_F(ImageVersions, StayUntilTheirEndOfLifeIfTheySaySo) {
    publish_version("1.0.0");
    const auto set = [&](const std::string& date) {
        return world.patch(url_of("1.0.0"),
                           R"({"properties": {"safetyProfile": {"blockDeletionBeforeEndOfLife":)"
                           R"( true}, "publishingProfile": {"endOfLifeDate": ")" +
                               date + R"("}}})");
    };
    EXPECT_EQ(set("2099-01-01").status, 200);
    EXPECT_EQ(error_code(world.remove(url_of("1.0.0"))), "OperationNotAllowed");
    EXPECT_EQ(world.images.versions().size(), 1U);
    EXPECT_EQ(set("2001-01-01").status, 200);
    EXPECT_EQ(world.remove(url_of("1.0.0")).status, 200);
}

TEST_F(ImageVersions, GoWithTheirDisk) {
    publish_version("1.0.0", "one");
    publish_version("1.0.1", "two");
    EXPECT_EQ(world.remove(base::to_lower(url_of("1.0.0"))).status, 200);
    EXPECT_EQ(world.remove(url_of("1.0.0")).status, 204);
    EXPECT_EQ(world.get(url_of("1.0.0")).status, 404);
    EXPECT_FALSE(world.storage.has(digest_of_disk("one")));
    EXPECT_TRUE(world.storage.has(digest_of_disk("two")));
    ASSERT_EQ(world.images.versions().size(), 1U);
    EXPECT_EQ(world.images.versions()[0].number.to_string(), "1.0.1");
}

TEST_F(ImageVersions, KeepADiskThatARunHolds) {
    publish_version("1.0.0", "held");
    const auto held = world.storage.hold(digest_of_disk("held"));
    EXPECT_EQ(world.remove(url_of("1.0.0")).status, 200);
    EXPECT_TRUE(world.storage.has(digest_of_disk("held")));
    EXPECT_TRUE(world.images.versions().empty());
}

TEST_F(ImageVersions, HonourPreconditions) {
    const auto source = publish_managed_image();
    world.if_match = "*";
    EXPECT_EQ(world.put(url_of("1.0.0"), body_from(source)).status, 412);
    EXPECT_TRUE(world.images.versions().empty());
    world.if_match.clear();
    world.if_none_match = "*";
    EXPECT_EQ(world.put(url_of("1.0.0"), body_from(source)).status, 201);
    EXPECT_EQ(world.put(url_of("1.0.0"), body_from(source)).status, 412);
}

}  // namespace
}  // namespace ingot::providers
