// SPDX-License-Identifier: Apache-2.0
#include "gallery/lookup.h"

#include "base/error.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::gallery {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kGroup = "/subscriptions/S/resourceGroups/Rg/providers/Microsoft.Compute/";
const std::string kDefinition = kGroup + "galleries/Golden/images/web";

ManagedImage managed(std::string id) {
    ManagedImage image;
    image.id = std::move(id);
    return image;
}

ImageVersion version(std::string definition, std::uint32_t minor, bool excluded = false) {
    ImageVersion result;
    result.definition_id = std::move(definition);
    result.number = {.major = 1, .minor = minor, .patch = 0};
    result.exclude_from_latest = excluded;
    return result;
}

PublishedImages some_images() {
    PublishedImages images;
    images.managed_images = {managed(kGroup + "images/hello"),
                             managed(kGroup + "images/twice"),
                             managed("/subscriptions/S/resourceGroups/Other/providers/"
                                     "Microsoft.Compute/images/twice")};
    images.versions = {version(kDefinition, 0),
                       version(kDefinition, 1),
                       version(kDefinition, 2, true),
                       version(kGroup + "galleries/Golden/images/secret", 0, true)};
    Vhd vhd;
    vhd.name = "hello_20261120091731.vhd";
    vhd.uri = "file:///var/lib/ingot/vhds/hello_20261120091731.vhd";
    images.vhds = {vhd};
    return images;
}

std::string found(std::string_view typed) {
    const auto image = find_image(some_images(), typed);
    if (const auto* hit = std::get_if<ManagedImage>(&image)) {
        return hit->id;
    }
    if (const auto* hit = std::get_if<ImageVersion>(&image)) {
        return hit->id();
    }
    return std::get<Vhd>(image).name;
}

base::Error refusal(std::string_view typed) {
    try {
        const auto id = found(typed);
        ADD_FAILURE() << typed << " led to " << id;
    } catch (const base::Error& error) {
        return error;
    }
    return {base::ErrorKind::Internal, "", ""};
}

TEST(FindImage, TakesFullIdsInAnyCase) {
    EXPECT_EQ(found(kGroup + "IMAGES/Hello"), kGroup + "images/hello");
    EXPECT_EQ(found(kDefinition + "/Versions/1.0.0"), kDefinition + "/versions/1.0.0");
    EXPECT_EQ(found(kGroup + "galleries/GOLDEN/images/web/versions/latest"),
              kDefinition + "/versions/1.1.0");
    EXPECT_EQ(found(kDefinition), kDefinition + "/versions/1.1.0");
}

TEST(FindImage, TakesShortNames) {
    EXPECT_EQ(found("golden/Web/1.0.0"), kDefinition + "/versions/1.0.0");
    EXPECT_EQ(found("golden/web"), kDefinition + "/versions/1.1.0");
    EXPECT_EQ(found("golden/web/latest"), kDefinition + "/versions/1.1.0");
    EXPECT_EQ(found("hello"), kGroup + "images/hello");
    EXPECT_EQ(found("hello_20261120091731.vhd"), "hello_20261120091731.vhd");
    EXPECT_EQ(found("file:///var/lib/ingot/vhds/hello_20261120091731.vhd"),
              "hello_20261120091731.vhd");
}

TEST(FindImage, ReachesAnExcludedVersionByItsNumberOnly) {
    EXPECT_EQ(found("golden/web/1.2.0"), kDefinition + "/versions/1.2.0");
    const auto error = refusal("golden/secret");
    EXPECT_EQ(error.kind(), base::ErrorKind::NotFound);
    EXPECT_THAT(error.message(), HasSubstr("did you mean Golden/secret/1.0.0?"));
}

TEST(FindImage, NamesAllCandidatesOfAnAmbiguousName) {
    const auto error = refusal("twice");
    EXPECT_EQ(error.kind(), base::ErrorKind::InvalidArgument);
    EXPECT_EQ(error.code(), "AmbiguousImage");
    EXPECT_THAT(error.message(),
                AllOf(HasSubstr("/Rg/providers/Microsoft.Compute/images/twice"),
                      HasSubstr("/Other/providers/")));
}

TEST(FindImage, SuggestsWhatComesNear) {
    const auto error = refusal("helo");
    EXPECT_EQ(error.kind(), base::ErrorKind::NotFound);
    EXPECT_EQ(error.code(), "ImageNotFound");
    EXPECT_THAT(error.message(), AllOf(HasSubstr("did you mean hello?"), Not(HasSubstr("twice"))));
    EXPECT_THAT(refusal("golden/wbe").message(), HasSubstr("Golden/web"));
}

TEST(FindImage, PointsToTheListWhenNothingComesNear) {
    EXPECT_THAT(refusal("completely-different").message(), HasSubstr("ingot image list"));
}

}  // namespace
}  // namespace ingot::gallery
