// SPDX-License-Identifier: Apache-2.0
// Published images and their documents stay in step, whichever repository is written.
#include "base/ascii.h"
#include "base/error.h"
#include "contract/store/database_kinds.h"
#include "contract/store/store_samples.h"
#include "resources/request_path.h"
#include "store/image_store.h"
#include "store/resource_store.h"

#include <optional>
#include <string>
#include <vector>

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace ingot::store {
namespace {

using base::ErrorKind;
using gallery::ImageVersion;
using gallery::VersionNumber;
using resources::Expectation;
using resources::Resource;

const std::string kGallery =
    "/subscriptions/S/resourceGroups/Rg/providers/Microsoft.Compute/galleries/G";
const std::string kImage =
    "/subscriptions/S/resourceGroups/Rg/providers/Microsoft.Compute/images/Img";

class ImageDocumentsContract : public testing::TestWithParam<DatabaseKind> {
  protected:
    ImageVersion publish(const ImageVersion& version, VersionNumber number) {
        return images_.publish(
            version,
            [number](const std::vector<VersionNumber>& /*existing*/) { return number; },
            {.run_id = "run", .name = "output" + std::to_string(++outputs_)});
    }

    void publish_managed(const gallery::ManagedImage& image) {
        images_.publish(image, {.run_id = "run", .name = "output" + std::to_string(++outputs_)});
    }

    std::optional<Resource> document(const std::string& id) {
        return documents_.find(resources::key_of(id));
    }

    void write(const Resource& resource) {
        resources::Change change;
        change.writes.push_back({resource, Expectation::anything()});
        static_cast<void>(documents_.apply(change));
    }

    void remove(const std::vector<std::string>& ids) {
        resources::Change change;
        for (const auto& id : ids) {
            change.removals.push_back({resources::key_of(id), Expectation::anything()});
        }
        static_cast<void>(documents_.apply(change));
    }

    static Resource definition_for(const std::string& generation, const std::string& os_state) {
        Resource definition;
        definition.id = kDefinition;
        definition.type = "Microsoft.Compute/galleries/images";
        definition.location = "westus2";
        definition.properties() = {
            {"osType", "Linux"}, {"osState", os_state}, {"hyperVGeneration", generation}};
        return definition;
    }

    template <typename Body>
    static ErrorKind kind_thrown_by(Body&& body) {
        try {
            body();
        } catch (const base::Error& error) {
            return error.kind();
        }
        ADD_FAILURE() << "nothing was thrown";
        return ErrorKind::Internal;
    }

    static constexpr VersionNumber kOne = {.major = 1, .minor = 0, .patch = 0};
    static constexpr VersionNumber kTwo = {.major = 2, .minor = 0, .patch = 0};

  private:
    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
    std::unique_ptr<ConnectionPool> pool_ = open_pool(GetParam(), folder_.path());
    int outputs_ = 0;

  protected:
    ImageStore images_{*pool_};
    ResourceStore documents_{*pool_};
};

std::string properties_of(const std::optional<Resource>& document) {
    return document ? boost::json::serialize(document->properties()) : "no document";
}

TEST_P(ImageDocumentsContract, AManagedImageGetsADocumentAndAGroup) {
    publish_managed(sample_managed_image(kImage));
    const auto image = document(kImage);
    ASSERT_TRUE(image);
    EXPECT_EQ(image->id, kImage);
    EXPECT_EQ(image->type, "Microsoft.Compute/images");
    EXPECT_EQ(image->location, "local");
    EXPECT_EQ(boost::json::serialize(image->tags), R"({"team":"images"})");
    EXPECT_EQ(properties_of(image),
              R"({"provisioningState":"Succeeded","storageProfile":{"osDisk":{"osType":"Linux",)"
              R"("osState":"Generalized","diskSizeGB":30,"caching":"ReadWrite",)"
              R"("storageAccountType":"Standard_LRS"},"dataDisks":[],"zoneResilient":false},)"
              R"("hyperVGeneration":"V2"})");
    const auto group = document("/subscriptions/S/resourceGroups/Rg");
    ASSERT_TRUE(group);
    EXPECT_EQ(group->type, "Microsoft.Resources/resourceGroups");
    EXPECT_EQ(group->location, "local");
}

TEST_P(ImageDocumentsContract, AVersionGetsADocumentDefinitionGalleryAndGroup) {
    auto version = sample_version();
    version.regions[1].name = "westus2";
    publish(version, kOne);
    const auto listed = document(kDefinition + "/versions/1.0.0");
    ASSERT_TRUE(listed);
    EXPECT_EQ(listed->location, "local");
    EXPECT_EQ(properties_of(listed),
              R"({"provisioningState":"Succeeded","publishingProfile":{"targetRegions":[)"
              R"({"name":"local","regionalReplicaCount":2,"storageAccountType":"Premium_LRS",)"
              R"("excludeFromLatest":false},)"
              R"({"name":"West US 2","regionalReplicaCount":1,"storageAccountType":"Standard_LRS",)"
              R"("excludeFromLatest":false}],"replicaCount":1,"excludeFromLatest":true,)"
              R"("publishedDate":"2026-11-20T09:17:31.001Z","storageAccountType":"Standard_LRS",)"
              R"("replicationMode":"Full"},)"
              R"("storageProfile":{"osDiskImage":{"sizeInGB":30,"hostCaching":"ReadWrite"}},)"
              R"("safetyProfile":{"allowDeletionOfReplicatedLocations":true,)"
              R"("reportedForPolicyViolation":false}})");
    EXPECT_EQ(properties_of(document(kDefinition)),
              R"({"provisioningState":"Succeeded","osType":"Linux","osState":"Generalized",)"
              R"("hyperVGeneration":"V2","architecture":"x64",)"
              R"("identifier":{"publisher":"Ingot","offer":"G","sku":"D"}})");
    EXPECT_EQ(properties_of(document(kGallery)),
              R"({"provisioningState":"Succeeded","identifier":{"uniqueName":"S-G"}})");
    EXPECT_TRUE(document("/subscriptions/S/resourceGroups/Rg"));
}

TEST_P(ImageDocumentsContract, WhatIsThereIsNotWrittenAgain) {
    Resource gallery;
    gallery.id = kGallery;
    gallery.type = "Microsoft.Compute/galleries";
    gallery.location = "eastus";
    gallery.properties()["description"] = "ours";
    write(gallery);
    write(definition_for("V2", "Generalized"));
    publish(sample_version(), kOne);
    EXPECT_EQ(properties_of(document(kGallery)), R"({"description":"ours"})");
    EXPECT_EQ(document(kDefinition)->location, "westus2");
    EXPECT_EQ(document(kDefinition + "/versions/1.0.0")->location, "local");
}

TEST_P(ImageDocumentsContract, NothingIsListedWhenPublishingFails) {
    publish(sample_version(), kOne);
    const auto before = documents_.list({}).size();
    EXPECT_EQ(kind_thrown_by([&] { publish(sample_version(), kOne); }), ErrorKind::AlreadyExists);
    EXPECT_EQ(kind_thrown_by([&] {
                  images_.publish(sample_managed_image(kImage),
                                  {.run_id = "run", .name = "output1"});  // a known output
              }),
              ErrorKind::AlreadyExists);
    EXPECT_EQ(documents_.list({}).size(), before);
}

TEST_P(ImageDocumentsContract, RemovingAnImageRemovesItsDocumentOnly) {
    const auto version = publish(sample_version(), kOne);
    publish_managed(sample_managed_image(kImage));
    EXPECT_TRUE(images_.remove(base::to_lower(version.id())));
    EXPECT_TRUE(images_.remove(base::to_lower(kImage)));
    EXPECT_FALSE(images_.remove(kGallery));
    EXPECT_FALSE(document(version.id()));
    EXPECT_FALSE(document(kImage));
    EXPECT_TRUE(document(kDefinition));
    EXPECT_TRUE(document(kGallery));
}

TEST_P(ImageDocumentsContract, ARemovedDocumentTakesTheImageAlong) {
    const auto version = publish(sample_version(), kOne);
    publish(sample_version(), kTwo);
    publish_managed(sample_managed_image(kImage));
    remove({version.id(), kImage});
    ASSERT_EQ(images_.versions().size(), 1U);
    EXPECT_EQ(images_.versions()[0].number, kTwo);
    EXPECT_TRUE(images_.managed_images().empty());
}

TEST_P(ImageDocumentsContract, AWholeGroupGoesInAnyOrder) {
    const auto version = publish(sample_version(), kOne);
    remove({"/subscriptions/S/resourceGroups/Rg", kGallery, kDefinition, version.id()});
    EXPECT_TRUE(images_.versions().empty());
    EXPECT_TRUE(documents_.list({}).empty());
    auto older = sample_version();
    older.content.generation = arm::HyperVGeneration::V1;
    EXPECT_NO_THROW(publish(older, kOne));
}

TEST_P(ImageDocumentsContract, ADefinitionStaysWhileAVersionDoes) {
    publish(sample_version(), kOne);
    EXPECT_EQ(kind_thrown_by([&] { remove({kDefinition}); }), ErrorKind::Conflict);
    EXPECT_TRUE(document(kDefinition));
    EXPECT_EQ(images_.versions().size(), 1U);
}

TEST_P(ImageDocumentsContract, ARunLearnsOfWhatAClientChangedInAVersion) {
    publish(sample_version(), kOne);
    publish(sample_version(), kTwo);
    auto changed = *document(kDefinition + "/versions/1.0.0");
    changed.tags = {{"stage", "good"}};
    auto& profile = changed.properties()["publishingProfile"].as_object();
    profile["excludeFromLatest"] = false;
    profile["targetRegions"] = boost::json::array{{{"name", "West US 2"},
                                                   {"regionalReplicaCount", 3},
                                                   {"storageAccountType", "Standard_ZRS"}}};
    write(changed);
    const auto versions = images_.versions();
    ASSERT_EQ(versions.size(), 2U);
    EXPECT_FALSE(versions[0].exclude_from_latest);
    EXPECT_EQ(versions[0].tags.at("stage"), "good");
    ASSERT_EQ(versions[0].regions.size(), 1U);
    EXPECT_EQ(versions[0].regions[0].name, "westus2");
    EXPECT_EQ(versions[0].regions[0].replica_count, 3);
    EXPECT_EQ(versions[0].regions[0].storage_account_type, "Standard_ZRS");
    EXPECT_EQ(versions[0].content.digest, sample_content().digest);
    EXPECT_TRUE(versions[1].exclude_from_latest);
    EXPECT_EQ(versions[1].tags.size(), 2U);
}

TEST_P(ImageDocumentsContract, AVersionThatEveryRegionExcludesIsNoLatest) {
    auto version = sample_version();
    version.exclude_from_latest = false;
    publish(version, kOne);
    auto changed = *document(kDefinition + "/versions/1.0.0");
    auto& regions =
        changed.properties()["publishingProfile"].as_object()["targetRegions"].as_array();
    regions[0].as_object()["excludeFromLatest"] = true;
    write(changed);
    EXPECT_FALSE(images_.versions()[0].exclude_from_latest);
    regions[1].as_object()["excludeFromLatest"] = true;
    write(changed);
    EXPECT_TRUE(images_.versions()[0].exclude_from_latest);
}

TEST_P(ImageDocumentsContract, ARunLearnsOfTheTagsOfAManagedImage) {
    publish_managed(sample_managed_image(kImage));
    auto changed = *document(kImage);
    changed.tags = {{"stage", "good"}};
    write(changed);
    const auto images = images_.managed_images();
    ASSERT_EQ(images.size(), 1U);
    EXPECT_EQ(images[0].tags, (std::map<std::string, std::string>{{"stage", "good"}}));
}

TEST_P(ImageDocumentsContract, WhatADefinitionWasCreatedForIsKept) {
    write(definition_for("V1", "Generalized"));
    EXPECT_EQ(kind_thrown_by([&] { publish(sample_version(), kOne); }), ErrorKind::Conflict);
    EXPECT_TRUE(images_.versions().empty());
    auto fitting = sample_version();
    fitting.content.generation = arm::HyperVGeneration::V1;
    const auto first = publish(fitting, kOne);
    EXPECT_TRUE(images_.remove(first.id()));
    EXPECT_EQ(kind_thrown_by([&] { publish(sample_version(), kTwo); }), ErrorKind::Conflict);
}

TEST_P(ImageDocumentsContract, SaysWhatADefinitionIsForAsLongAsThatIsSettled) {
    EXPECT_FALSE(images_.definition(kDefinition));
    const auto first = publish(sample_version(), kOne);
    const auto made = images_.definition(base::to_lower(kDefinition));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->id, kDefinition);
    EXPECT_EQ(made->generation, arm::HyperVGeneration::V2);
    EXPECT_EQ(made->os_type, "Linux");
    EXPECT_FALSE(made->for_specialized);
    EXPECT_TRUE(images_.remove(first.id()));
    EXPECT_FALSE(images_.definition(kDefinition));
    write(definition_for("V1", "Generalized"));
    ASSERT_TRUE(images_.definition(kDefinition));
    EXPECT_EQ(images_.definition(kDefinition)->generation, arm::HyperVGeneration::V1);
}

TEST_P(ImageDocumentsContract, ADefinitionForSpecializedImagesTakesNone) {
    write(definition_for("V2", "Specialized"));
    EXPECT_TRUE(images_.definition(kDefinition)->for_specialized);
    EXPECT_EQ(kind_thrown_by([&] { publish(sample_version(), kOne); }), ErrorKind::Conflict);
}

TEST_P(ImageDocumentsContract, AnEmptiedDefinitionThatARunMadeTakesOnAnotherGeneration) {
    const auto first = publish(sample_version(), kOne);
    EXPECT_TRUE(images_.remove(first.id()));
    auto older = sample_version();
    older.content.generation = arm::HyperVGeneration::V1;
    publish(older, kTwo);
    EXPECT_EQ(document(kDefinition)->properties().at("hyperVGeneration"), "V1");
}

TEST_P(ImageDocumentsContract, AnImageThatNoRunMadeHasNoOutput) {
    auto version = sample_version();
    version.provenance = {.source = kImage};
    images_.publish(
        version, [](const std::vector<VersionNumber>& /*existing*/) { return kOne; }, {});
    EXPECT_TRUE(images_.outputs_of("").empty());
    const auto listed = document(kDefinition + "/versions/1.0.0");
    EXPECT_EQ(listed->properties().at("storageProfile").at("source").at("id"), kImage.c_str());
}

INSTANTIATE_TEST_SUITE_P(Store, ImageDocumentsContract, all_database_kinds(), name_of_kind);

}  // namespace
}  // namespace ingot::store
