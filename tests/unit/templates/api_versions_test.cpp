// SPDX-License-Identifier: Apache-2.0
// What differs between the api-versions.
#include "templates/api_version.h"
#include "unit/templates/template_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::templates {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(ApiVersion, SurvivesAJourneyThroughText) {
    for (int i = 0; i <= static_cast<int>(kNewestApiVersion); ++i) {
        const auto version = static_cast<ApiVersion>(i);
        EXPECT_EQ(api_version_from(to_string(version)), version);
    }
    EXPECT_EQ(api_version_from("2019-05-01-PREVIEW"), ApiVersion::V2019_05_01_preview);
    EXPECT_FALSE(api_version_from("2019-05-01"));
}

TEST(ApiVersions, EachReadsATemplateOfItsTime) {
    for (const char* version : {"2020-02-14",
                                "2021-10-01",
                                "2022-02-14",
                                "2022-07-01",
                                "2023-07-01",
                                "2024-02-01",
                                "2025-10-01"}) {
        EXPECT_EQ(problems_of(with("/apiVersion", version)), "") << version;
    }
    for (const char* file :
         {"2018-02-01-preview.json", "2019-02-01-preview.json", "2019-05-01-preview.json"}) {
        EXPECT_EQ(problems_of(read_text(test_file(file))), "") << file;
    }
}

TEST(ApiVersions, TheFirstCalledThingsByOtherNames) {
    const auto t = *read_text(test_file("2018-02-01-preview.json")).image_template;
    EXPECT_EQ(std::get<ShellStep>(t.customize.at(0).action).script_uri,
              "https://example.com/setup.sh");
    EXPECT_TRUE(std::holds_alternative<ManagedImageTarget>(t.distribute.at(0).target));
    EXPECT_THAT(std::get<SharedImageTarget>(t.distribute.at(1).target).regions, SizeIs(2));
}

TEST(ApiVersions, TheSecondKnowsInlineAndVhd) {
    const auto t = *read_text(test_file("2019-02-01-preview.json")).image_template;
    EXPECT_THAT(std::get<ShellStep>(t.customize.at(1).action).inline_lines, SizeIs(1));
    EXPECT_TRUE(std::holds_alternative<VhdTarget>(t.distribute.at(0).target));
    EXPECT_EQ(std::get<ManagedImageSource>(t.source).image_id,
              "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i");
}

TEST(ApiVersions, OldOnesTakeFieldNamesInAnyCase) {
    const auto t = *read_text(test_file("2019-05-01-preview.json")).image_template;
    const auto& file = std::get<FileStep>(t.customize.at(0).action);
    EXPECT_EQ(file.source_uri, "https://example.com/a");
    EXPECT_EQ(file.destination, "/tmp/a");
    EXPECT_EQ(t.vm_profile.os_disk_size_gb, 40);
}

TEST(ApiVersions, OldOnesPointAtFieldsAsTheFileWritesThem) {
    auto document = with("/apiVersion", "2019-05-01-preview");
    document = changed(document,
                       "/properties/customize/0",
                       {{"TYPE", "File"}, {"sourceURI", "a"}, {"DESTINATION", "tmp"}});
    EXPECT_THAT(problems_of(document),
                HasSubstr("[properties.customize[0].DESTINATION] Validation failed: "
                          "'ImageTemplate.properties.customize[0]': Field 'destination' has a bad "
                          "value: 'tmp'"));
}

TEST(ApiVersions, OldOnesMissFieldsByTheNameTheyHadThen) {
    auto document = boost::json::parse(test_file("2018-02-01-preview.json"));
    document = changed(document, "/properties/customize/0", {{"type", "shell"}});
    EXPECT_THAT(problems_of(document), HasSubstr("Neither 'script' nor 'inline' is given"));
}

TEST(ApiVersions, OldOnesDoNotTakeAFieldTwice) {
    const auto document = with("/LOCATION", "eastus");
    EXPECT_THAT(problems_of(document), HasSubstr("Field 'location' stands twice"));
}

TEST(ApiVersions, OldOnesIgnoreWhatTheyDoNotKnowButSaySo) {
    const auto result = read(with("/properties/errorHandling", boost::json::object()));
    EXPECT_TRUE(result.image_template);
    EXPECT_EQ(problems_of(result),
              "warning UnknownField [properties.errorHandling] api-version 2022-07-01 has no field "
              "'errorHandling' here; it is ignored. 'errorHandling' belongs to api-versions "
              "2023-07-01 and later.\n");
}

TEST(ApiVersions, NewOnesRefuseAFieldInTheWrongCaseInTheServicesWords) {
    const auto document = changed(with("/apiVersion", "2024-02-01"),
                                  "/properties/optimize",
                                  {{"vmboot", boost::json::object()}});
    EXPECT_EQ(
        problems_of(document),
        "error ValidationFailed [properties.optimize.vmboot] Unmarshalling entity encountered "
        "error: unmarshalling type *v2024_02_01.ImageTemplate: struct field Properties: "
        "unmarshalling type *v2024_02_01.ImageTemplateProperties: struct field Optimize: "
        "unmarshalling type *v2024_02_01.ImageTemplatePropertiesOptimize: unmarshalling type "
        "*v2024_02_01.ImageTemplatePropertiesOptimize, unknown field \"vmboot\". There is an issue "
        "with the syntax with the JSON template you are submitting. Please check the JSON template "
        "for syntax and grammar. For more information on the syntax and grammar of the JSON "
        "template, visit http://aka.ms/azvmimagebuildertmplref. Did you mean 'vmBoot'?\n");
}

TEST(ApiVersions, TellTypesByCase) {
    auto document =
        changed(with("/apiVersion", "2020-02-14"), "/properties/distribute/0/type", "managedImage");
    EXPECT_EQ(problems_of(document),
              "error BadDistributeType [properties.distribute[0].type] Validation failed: "
              "'ImageTemplate.properties': Field 'distribute[0].type' has a bad value: ''. Please "
              "review http://aka.ms/azvmimagebuildertmplref for details on fields requirements in "
              "the Image Builder Template. In api-version 2020-02-14 it is one of: ManagedImage, "
              "SharedImage, VHD (upper and lower case matter).\n");
}

TEST(ApiVersions, SayWhenATypeCameOrWent) {
    const auto step = with("/properties/customize/0", {{"type", "File"}});
    EXPECT_THAT(problems_of(changed(step, "/apiVersion", "2019-02-01-preview")),
                AllOf(HasSubstr("error UnsupportedCustomizerType [properties.customize[0].type]"),
                      HasSubstr("'File' belongs to api-versions 2019-05-01-preview and later")));
    EXPECT_THAT(problems_of(with("/properties/source", {{"type", "ISO"}})),
                AllOf(HasSubstr("error BadSourceType"),
                      HasSubstr("'ISO' belongs to api-versions 2019-05-01-preview and earlier")));
}

TEST(ApiVersions, AnIsoIsKnownToOldOnesAndStillNotSupported) {
    auto document = boost::json::parse(test_file("2018-02-01-preview.json"));
    document = changed(document,
                       "/properties/source",
                       {{"type", "ISO"},
                        {"sourceURI", "http://x/r.iso"},
                        {"sha256Checksum", std::string(64, 'a')}});
    EXPECT_THAT(problems_of(document),
                HasSubstr("error BadISOSource [properties.source.type] A source of type 'ISO' is "
                          "not supported: the service removed it in api-version 2020-02-14."));
}

TEST(ApiVersions, IdentityIsRequiredSinceTheFirstStableOne) {
    const auto document = without("/identity");
    EXPECT_THAT(problems_of(changed(document, "/apiVersion", "2020-02-14")),
                HasSubstr("Validation failed: 'ImageTemplate': Missing field 'identity'. Please "
                          "review http://aka.ms/azvmimagebuildertmplref for details on fields "
                          "required in the Image Builder Template."));
    EXPECT_EQ(problems_of(changed(document, "/apiVersion", "2019-05-01-preview")), "");
}

TEST(ApiVersions, TheFirstTwoHaveNoDotsInNames) {
    auto document = boost::json::parse(test_file("2019-02-01-preview.json"));
    document = changed(document, "/name", "a.b");
    document = changed(document, "/properties/distribute/0/runOutputName", "v.1");
    EXPECT_THAT(problems_of(document),
                AllOf(HasSubstr("error ValidationFailed [name]"),
                      HasSubstr("Field 'runOutputName' has a bad value")));
}

TEST(ApiVersions, RegionsWereRequiredUntilTargetRegionsCame) {
    const boost::json::value target = {
        {"type", "SharedImage"},
        {"runOutputName", "r"},
        {"galleryImageId",
         "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/g/images/d"}};
    const auto document = with("/properties/distribute/0", target);
    EXPECT_EQ(problems_of(document), "");
    EXPECT_THAT(problems_of(changed(document, "/apiVersion", "2022-02-14")),
                HasSubstr("Missing field 'replicationRegions'"));
}

TEST(ApiVersions, ChoicesGrow) {
    auto document = with("/properties/distribute/0",
                         {{"type", "SharedImage"},
                          {"runOutputName", "r"},
                          {"galleryImageId",
                           "/subscriptions/s/resourceGroups/g/providers/"
                           "Microsoft.Compute/galleries/g/images/d"},
                          {"replicationRegions", {"westus"}},
                          {"storageAccountType", "Premium_LRS"}});
    EXPECT_EQ(problems_of(document), "");
    EXPECT_THAT(problems_of(changed(document, "/apiVersion", "2020-02-14")),
                HasSubstr("Field 'storageAccountType' has a bad value: 'Premium_LRS'"));
}

TEST(ApiVersions, TheLatestVersionOfAGalleryImageIsASourceSince2022) {
    const auto document = with("/properties/source",
                               {{"type", "SharedImageVersion"},
                                {"imageVersionId",
                                 "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/"
                                 "galleries/g/images/d/versions/latest"}});
    EXPECT_EQ(problems_of(document), "");
    EXPECT_THAT(problems_of(changed(document, "/apiVersion", "2022-02-14")),
                HasSubstr("Field 'imageVersionId' has a bad value"));
}

}  // namespace
}  // namespace ingot::templates
