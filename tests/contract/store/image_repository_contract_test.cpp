// SPDX-License-Identifier: Apache-2.0
// What every gallery::ImageRepository keeps to.
#include "base/ascii.h"
#include "base/error.h"
#include "contract/store/database_kinds.h"
#include "contract/store/store_samples.h"
#include "gallery/image_repository.h"
#include "store/image_store.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::store {
namespace {

using base::ErrorKind;
using gallery::ImageVersion;
using gallery::VersionNumber;

class ImageRepositoryContract : public StoreContract<ImageStore> {
  protected:
    ImageVersion publish(const ImageVersion& version, VersionNumber number) {
        const auto name = "output" + std::to_string(++outputs_);
        return images_->publish(version, always(number), sample_output(name));
    }

    static gallery::ImageRepository::Numbering always(VersionNumber number) {
        return [number](const std::vector<VersionNumber>& /*existing*/) { return number; };
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

    Connected<ImageStore> images_ = connect();

  private:
    int outputs_ = 0;
};

void expect_same(const gallery::DiskContent& content, const gallery::DiskContent& expected) {
    EXPECT_EQ(content.digest, expected.digest);
    EXPECT_EQ(content.virtual_size, expected.virtual_size);
    EXPECT_EQ(content.data_size, expected.data_size);
    EXPECT_EQ(content.generation, expected.generation);
    EXPECT_EQ(content.os_type, expected.os_type);
}

void expect_same(const gallery::Provenance& provenance, const gallery::Provenance& expected) {
    EXPECT_EQ(provenance.run_id, expected.run_id);
    EXPECT_EQ(provenance.template_name, expected.template_name);
    EXPECT_EQ(provenance.source, expected.source);
}

void expect_same(const ImageVersion& version, const ImageVersion& expected) {
    EXPECT_EQ(version.id(), expected.id());
    ASSERT_EQ(version.regions.size(), expected.regions.size());
    for (std::size_t i = 0; i < version.regions.size(); ++i) {
        EXPECT_EQ(version.regions[i].name, expected.regions[i].name);
        EXPECT_EQ(version.regions[i].replica_count, expected.regions[i].replica_count);
        EXPECT_EQ(version.regions[i].storage_account_type,
                  expected.regions[i].storage_account_type);
    }
    EXPECT_EQ(version.exclude_from_latest, expected.exclude_from_latest);
    EXPECT_EQ(version.tags, expected.tags);
    EXPECT_EQ(version.published, expected.published);
    expect_same(version.content, expected.content);
    expect_same(version.provenance, expected.provenance);
}

TEST_P(ImageRepositoryContract, ListsAVersionAsItWasPublished) {
    auto expected = sample_version();
    expected.number = {.major = 1, .minor = 4'294'967'295, .patch = 3};
    expect_same(publish(sample_version(), expected.number), expected);
    const auto listed = connect()->versions();
    ASSERT_EQ(listed.size(), 1U);
    expect_same(listed[0], expected);
}

TEST_P(ImageRepositoryContract, ListsAManagedImageAsItWasPublished) {
    const auto expected = sample_managed_image("/rg/images/Hello");
    images_->publish(expected, sample_output("o"));
    const auto listed = connect()->managed_images();
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].id, expected.id);
    EXPECT_EQ(listed[0].location, expected.location);
    EXPECT_EQ(listed[0].tags, expected.tags);
    EXPECT_EQ(listed[0].created, expected.created);
    expect_same(listed[0].content, expected.content);
    expect_same(listed[0].provenance, expected.provenance);
}

TEST_P(ImageRepositoryContract, ListsAVhdAsItWasPublished) {
    const auto expected = sample_vhd("hello_1.vhd");
    images_->publish(expected, sample_output("o"));
    const auto listed = connect()->vhds();
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].name, expected.name);
    EXPECT_EQ(listed[0].uri, expected.uri);
    EXPECT_EQ(listed[0].tags, expected.tags);
    EXPECT_EQ(listed[0].created, expected.created);
    expect_same(listed[0].content, expected.content);
    expect_same(listed[0].provenance, expected.provenance);
}

TEST_P(ImageRepositoryContract, ReplacesAManagedImageOfTheSameIdInAnyCase) {
    images_->publish(sample_managed_image("/rg/images/Hello"), sample_output("1"));
    auto newer = sample_managed_image("/RG/images/hello");
    newer.content = sample_content("newer");
    newer.tags.clear();
    images_->publish(newer, sample_output("2"));
    const auto listed = images_->managed_images();
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].id, "/rg/images/Hello");
    EXPECT_TRUE(listed[0].tags.empty());
    expect_same(listed[0].content, newer.content);
}

TEST_P(ImageRepositoryContract, NumbersFromTheVersionsOfThisDefinitionInAnyCase) {
    publish(sample_version(), {.major = 1, .minor = 0, .patch = 0});
    publish(sample_version(kDefinition + "2"), {.major = 9, .minor = 0, .patch = 0});
    std::vector<VersionNumber> seen;
    const auto version = images_->publish(
        sample_version(base::to_lower(kDefinition)),
        [&](const std::vector<VersionNumber>& existing) {
            seen = existing;
            return VersionNumber{.major = 1, .minor = 0, .patch = 1};
        },
        sample_output("o"));
    EXPECT_EQ(seen, (std::vector{VersionNumber{.major = 1, .minor = 0, .patch = 0}}));
    EXPECT_EQ(version.id(), kDefinition + "/versions/1.0.1");
}

TEST_P(ImageRepositoryContract, FillsTheOutputOfAVersionFromItsNumber) {
    images_->publish(
        sample_version(), always({.major = 1, .minor = 2, .patch = 3}), sample_output("sig"));
    images_->publish(sample_vhd("a.vhd"), sample_output("vhd"));
    const auto outputs = connect()->outputs_of("run");
    ASSERT_EQ(outputs.size(), 2U);
    EXPECT_EQ(outputs[0].run_id, "run");
    EXPECT_EQ(outputs[0].template_name, "hello");
    EXPECT_EQ(outputs[0].name, "sig");
    EXPECT_EQ(outputs[0].artifact_id, kDefinition + "/versions/1.2.3");
    EXPECT_EQ(outputs[1].name, "vhd");
    EXPECT_EQ(outputs[1].artifact_uri, "file:///vhd");
    EXPECT_TRUE(images_->outputs_of("other").empty());
}

TEST_P(ImageRepositoryContract, RefusesATakenNumberAndListsNothing) {
    const VersionNumber number = {.major = 1, .minor = 0, .patch = 0};
    publish(sample_version(), number);
    EXPECT_EQ(kind_thrown_by([&] { publish(sample_version(), number); }), ErrorKind::AlreadyExists);
    EXPECT_EQ(images_->versions().size(), 1U);
    EXPECT_EQ(images_->outputs_of("run").size(), 1U);
}

TEST_P(ImageRepositoryContract, RefusesAnotherGenerationOrOsInADefinition) {
    publish(sample_version(), {.major = 1, .minor = 0, .patch = 0});
    auto older = sample_version();
    older.content.generation = arm::HyperVGeneration::V1;
    auto windows = sample_version();
    windows.content.os_type = "Windows";
    const VersionNumber next = {.major = 1, .minor = 0, .patch = 1};
    EXPECT_EQ(kind_thrown_by([&] { publish(older, next); }), ErrorKind::Conflict);
    EXPECT_EQ(kind_thrown_by([&] { publish(windows, next); }), ErrorKind::Conflict);
    EXPECT_EQ(images_->versions().size(), 1U);
}

TEST_P(ImageRepositoryContract, LetsAnEmptiedDefinitionHoldAnotherGeneration) {
    const auto first = publish(sample_version(), {.major = 1, .minor = 0, .patch = 0});
    EXPECT_TRUE(images_->remove(first.id()));
    auto older = sample_version();
    older.content.generation = arm::HyperVGeneration::V1;
    EXPECT_NO_THROW(publish(older, {.major = 1, .minor = 0, .patch = 1}));
}

TEST_P(ImageRepositoryContract, UndoesEverythingWhenNumberingFails) {
    auto fail = [](const std::vector<VersionNumber>& /*existing*/) -> VersionNumber {
        throw base::Error(ErrorKind::InvalidArgument, "No", "no number");
    };
    EXPECT_EQ(kind_thrown_by([&] { images_->publish(sample_version(), fail, sample_output("o")); }),
              ErrorKind::InvalidArgument);
    EXPECT_TRUE(connect()->outputs_of("run").empty());
    auto older = sample_version();
    older.content.generation = arm::HyperVGeneration::V1;
    EXPECT_NO_THROW(publish(older, {.major = 1, .minor = 0, .patch = 0}));
}

TEST_P(ImageRepositoryContract, RecordsARunOutputOnceAndPublishesNothingTheSecondTime) {
    images_->publish(sample_vhd("a.vhd"), sample_output("same"));
    EXPECT_EQ(kind_thrown_by([&] { images_->publish(sample_vhd("b.vhd"), sample_output("same")); }),
              ErrorKind::AlreadyExists);
    EXPECT_EQ(kind_thrown_by(
                  [&] { images_->publish(sample_managed_image("/i"), sample_output("same")); }),
              ErrorKind::AlreadyExists);
    EXPECT_EQ(images_->vhds().size(), 1U);
    EXPECT_TRUE(images_->managed_images().empty());
}

TEST_P(ImageRepositoryContract, RefusesASecondVhdOfTheSameName) {
    images_->publish(sample_vhd("a.vhd"), sample_output("1"));
    EXPECT_EQ(kind_thrown_by([&] { images_->publish(sample_vhd("a.vhd"), sample_output("2")); }),
              ErrorKind::AlreadyExists);
    EXPECT_EQ(images_->outputs_of("run").size(), 1U);
}

TEST_P(ImageRepositoryContract, RemovesExactlyWhatIsNamed) {
    const auto one = publish(sample_version(), {.major = 1, .minor = 0, .patch = 0});
    const auto two = publish(sample_version(), {.major = 1, .minor = 0, .patch = 1});
    images_->publish(sample_managed_image("/rg/images/a"), sample_output("m"));
    images_->publish(sample_vhd("a.vhd"), sample_output("v"));
    EXPECT_FALSE(images_->remove("/rg/images/b"));
    EXPECT_FALSE(images_->remove(kDefinition));
    EXPECT_FALSE(images_->remove(kDefinition + "/versions/latest"));
    EXPECT_TRUE(images_->remove(base::to_lower(one.id())));
    EXPECT_FALSE(images_->remove(one.id()));
    EXPECT_TRUE(images_->remove("/RG/Images/a"));
    EXPECT_TRUE(images_->remove("a.vhd"));
    ASSERT_EQ(images_->versions().size(), 1U);
    EXPECT_EQ(images_->versions()[0].id(), two.id());
    EXPECT_TRUE(images_->managed_images().empty());
    EXPECT_TRUE(images_->vhds().empty());
}

TEST_P(ImageRepositoryContract, KnowsWhichDisksAreInUse) {
    auto version = sample_version();
    version.content = sample_content("version");
    auto image = sample_managed_image("/i");
    image.content = sample_content("managed image");
    auto vhd = sample_vhd("a.vhd");
    vhd.content = sample_content("vhd");
    const auto published = publish(version, {.major = 1, .minor = 0, .patch = 0});
    images_->publish(image, sample_output("m"));
    images_->publish(vhd, sample_output("v"));
    for (const auto* seed : {"version", "managed image", "vhd"}) {
        EXPECT_TRUE(images_->uses(base::sha256(seed))) << seed;
    }
    EXPECT_FALSE(images_->uses(base::sha256("other")));
    images_->remove(published.id());
    EXPECT_FALSE(images_->uses(base::sha256("version")));
}

INSTANTIATE_TEST_SUITE_P(Store, ImageRepositoryContract, all_database_kinds(), name_of_kind);

}  // namespace
}  // namespace ingot::store
