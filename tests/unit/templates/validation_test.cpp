// SPDX-License-Identifier: Apache-2.0
// One rule of the image template at a time, each in the service's words where they are known.
#include "unit/templates/template_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::templates {
namespace {

using boost::json::object;
using boost::json::value;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kDefinition =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/g/images/d";
constexpr const char* kImage =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i";

std::string bad_value(const std::string& path, const std::string& field, const std::string& bad) {
    return "Validation failed: '" + path + "': Field '" + field + "' has a bad value: '" + bad +
           "'. Please review  http://aka.ms/azvmimagebuildertmplref  for details on fields "
           "requirements in the Image Builder Template.";
}

std::string missing(const std::string& path, const std::string& field) {
    return "Validation failed: '" + path + "': Missing field '" + field +
           "'. Please review http://aka.ms/azvmimagebuildertmplref for details on fields required "
           "in the Image Builder Template.";
}

struct Rule {
    const char* pointer;
    value bad;
    std::string message;
};

class Rules : public ::testing::TestWithParam<Rule> {};

TEST_P(Rules, AreEnforced) {
    const auto result = read(with(GetParam().pointer, GetParam().bad));
    EXPECT_FALSE(result.image_template);
    EXPECT_THAT(problems_of(result), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Envelope,
    Rules,
    ::testing::Values(Rule{"/location", "", missing("ImageTemplate", "location")},
                      Rule{"/location", 5, bad_value("ImageTemplate", "location", "5")},
                      Rule{"/name", "a b", bad_value("ImageTemplate", "name", "a b")},
                      Rule{"/name", value(std::string(65, 'a')), "Field 'name' has a bad value"},
                      Rule{"/name", "", "Field 'name' has a bad value"},
                      Rule{"/tags", {{"a", 1}}, bad_value("ImageTemplate.tags", "a", "1")},
                      Rule{"/tags", "x", "It must be an object of strings."},
                      Rule{"/properties", nullptr, missing("ImageTemplate", "properties")},
                      Rule{"/properties", "x", bad_value("ImageTemplate", "properties", "x")},
                      Rule{"/identity/type",
                           "SystemAssigned",
                           bad_value("ImageTemplate.identity", "type", "SystemAssigned")},
                      Rule{"/identity/type", "None", "the type 'None' takes none"},
                      Rule{"/identity/userAssignedIdentities",
                           {{"x", object()}},
                           bad_value("ImageTemplate.identity", "userAssignedIdentities", "x")},
                      Rule{"/identity/userAssignedIdentities",
                           object(),
                           missing("ImageTemplate.identity", "userAssignedIdentities")}));

INSTANTIATE_TEST_SUITE_P(
    Source,
    Rules,
    ::testing::Values(
        Rule{"/properties/source", nullptr, missing("ImageTemplate.properties", "source")},
        Rule{"/properties/source", object(), missing("ImageTemplate.properties.source", "type")},
        Rule{"/properties/source/publisher",
             "",
             missing("ImageTemplate.properties.source", "publisher")},
        Rule{"/properties/source/version",
             nullptr,
             missing("ImageTemplate.properties.source", "version")},
        Rule{"/properties/source/type", "Floppy", "Field 'source.type' has a bad value: ''."},
        Rule{"/properties/source",
             {{"type", "ManagedImage"}},
             missing("ImageTemplate.properties.source", "imageId")},
        Rule{"/properties/source",
             {{"type", "ManagedImage"}, {"imageId", kDefinition}},
             bad_value("ImageTemplate.properties.source", "imageId", kDefinition)},
        Rule{"/properties/source",
             {{"type", "SharedImageVersion"}, {"imageVersionId", "web"}},
             bad_value("ImageTemplate.properties.source", "imageVersionId", "web")},
        Rule{"/properties/source/planInfo",
             {{"planName", "n"}},
             missing("ImageTemplate.properties.source.planInfo", "planProduct")}));

INSTANTIATE_TEST_SUITE_P(
    Steps,
    Rules,
    ::testing::Values(
        Rule{"/properties/customize/0",
             {{"type", "Shell"}},
             "error NoCustomizerScript [properties.customize[0]] Validation failed: "
             "'ImageTemplate.properties.customize[0]': Neither 'scriptUri' nor 'inline' is given"},
        Rule{"/properties/customize/0/inline", boost::json::array(), "Neither 'scriptUri' nor"},
        Rule{
            "/properties/customize/0/scriptUri", "a.sh", "Both 'scriptUri' and 'inline' are given"},
        Rule{"/properties/customize/0/inline",
             "echo hi",
             bad_value("ImageTemplate.properties.customize[0]", "inline", "echo hi")},
        Rule{"/properties/customize/0/inline/0",
             5,
             bad_value("ImageTemplate.properties.customize[0]", "inline[0]", "5")},
        Rule{"/properties/customize/0/sha256Checksum",
             "abc",
             bad_value("ImageTemplate.properties.customize[0]", "sha256Checksum", "abc")},
        Rule{"/properties/customize/0/type", "Ansible", "error BadCustomizerType"},
        Rule{"/properties/customize/0",
             "echo",
             bad_value("ImageTemplate.properties", "customize[0]", "echo")},
        Rule{"/properties/customize", object(), "It must be a list of objects."},
        Rule{"/properties/customize/0",
             {{"type", "File"}, {"destination", "/tmp/x"}},
             missing("ImageTemplate.properties.customize[0]", "sourceUri")},
        Rule{"/properties/customize/0",
             {{"type", "File"}, {"sourceUri", "x"}},
             missing("ImageTemplate.properties.customize[0]", "destination")},
        Rule{"/properties/customize/0",
             {{"type", "File"}, {"sourceUri", "x"}, {"destination", "tmp/x"}},
             bad_value("ImageTemplate.properties.customize[0]", "destination", "tmp/x")},
        Rule{"/properties/customize/0",
             {{"type", "File"}, {"sourceUri", "x"}, {"destination", "/tmp/"}},
             bad_value("ImageTemplate.properties.customize[0]", "destination", "/tmp/")},
        Rule{"/properties/customize/0",
             {{"type", "PowerShell"}, {"inline", {"x"}}, {"runAsSystem", true}},
             "'runAsSystem' needs 'runElevated'"},
        Rule{"/properties/customize/0",
             {{"type", "PowerShell"}, {"inline", {"x"}}, {"validExitCodes", {"0"}}},
             bad_value("ImageTemplate.properties.customize[0]", "validExitCodes[0]", "0")},
        Rule{"/properties/validate",
             {{"inVMValidations", {{{"type", "Shell"}}}}},
             "error NoValidatorScript [properties.validate.inVMValidations[0]]"},
        Rule{"/properties/validate",
             {{"inVMValidations", {{{"type", "WindowsUpdate"}}}}},
             "error BadValidatorType"},
        Rule{"/properties/validate",
             {{"sourceValidationOnly", "yes"}},
             bad_value("ImageTemplate.properties.validate", "sourceValidationOnly", "yes")}));

value shared(object fields) {
    object target{{"type", "SharedImage"}, {"runOutputName", "r"}, {"galleryImageId", kDefinition}};
    for (const auto& field : fields) {
        target[field.key()] = field.value();
    }
    return target;
}

INSTANTIATE_TEST_SUITE_P(
    Targets,
    Rules,
    ::testing::Values(
        Rule{"/properties/distribute", nullptr, missing("ImageTemplate.properties", "distribute")},
        Rule{"/properties/distribute",
             boost::json::array(),
             bad_value("ImageTemplate.properties", "distribute", "[]")},
        Rule{"/properties/distribute/0/runOutputName",
             nullptr,
             missing("ImageTemplate.properties.distribute[0]", "runOutputName")},
        Rule{"/properties/distribute/0/runOutputName",
             "a/b",
             bad_value("ImageTemplate.properties.distribute[0]", "runOutputName", "a/b")},
        Rule{"/properties/distribute/0/imageId",
             kDefinition,
             bad_value("ImageTemplate.properties.distribute[0]", "imageId", kDefinition)},
        Rule{"/properties/distribute/0/location",
             nullptr,
             missing("ImageTemplate.properties.distribute[0]", "location")},
        Rule{"/properties/distribute/0/artifactTags",
             {{"a", {"b"}}},
             bad_value("ImageTemplate.properties.distribute[0].artifactTags", "a", "[\"b\"]")},
        Rule{"/properties/distribute/0/type", "Vhd", "error BadDistributeType"},
        Rule{"/properties/distribute/0",
             shared({{"galleryImageId", kImage}}),
             bad_value("ImageTemplate.properties.distribute[0]", "galleryImageId", kImage)},
        Rule{"/properties/distribute/0",
             shared({{"galleryImageId", std::string(kDefinition) + "/versions/1.2"}}),
             "Field 'galleryImageId' has a bad value"},
        Rule{"/properties/distribute/0",
             shared({{"galleryImageId", std::string(kDefinition) + "/versions/1.2.4294967296"}}),
             "Field 'galleryImageId' has a bad value"},
        Rule{"/properties/distribute/0",
             shared({{"galleryImageId", std::string(kDefinition) + "/versions/latest"}}),
             "Field 'galleryImageId' has a bad value"},
        Rule{"/properties/distribute/0",
             shared({{"replicationRegions", {"a"}}, {"targetRegions", {{{"name", "a"}}}}}),
             "error BadSharedImageDistribute [properties.distribute[0]] Validation failed: "
             "'ImageTemplate.properties.distribute[0]': Both 'replicationRegions' and "
             "'targetRegions' are given"},
        Rule{"/properties/distribute/0",
             shared({{"storageAccountType", "Standard_LRS"}, {"targetRegions", {{{"name", "a"}}}}}),
             "'storageAccountType' goes with 'replicationRegions'"},
        Rule{"/properties/distribute/0",
             shared({{"targetRegions", {object()}}}),
             missing("ImageTemplate.properties.distribute[0].targetRegions[0]", "name")},
        Rule{"/properties/distribute/0",
             shared({{"targetRegions", {{{"name", "a"}, {"replicaCount", 0}}}}}),
             bad_value(
                 "ImageTemplate.properties.distribute[0].targetRegions[0]", "replicaCount", "0")},
        Rule{"/properties/distribute/0",
             shared({{"versioning", {{"scheme", "Random"}}}}),
             "Field 'distribute[0].versioning.scheme' has a bad value: ''."},
        Rule{"/properties/distribute/0",
             shared({{"versioning", {{"scheme", "Latest"}, {"major", -2}}}}),
             bad_value("ImageTemplate.properties.distribute[0].versioning", "major", "-2")},
        Rule{"/properties/distribute/0",
             {{"type", "VHD"}, {"runOutputName", "r"}, {"uri", "not a uri"}},
             bad_value("ImageTemplate.properties.distribute[0]", "uri", "not a uri")}));

INSTANTIATE_TEST_SUITE_P(
    BuildVm,
    Rules,
    ::testing::Values(
        Rule{"/properties/buildTimeoutInMinutes",
             961,
             bad_value("ImageTemplate.properties", "buildTimeoutInMinutes", "961")},
        Rule{"/properties/buildTimeoutInMinutes",
             -1,
             bad_value("ImageTemplate.properties", "buildTimeoutInMinutes", "-1")},
        Rule{"/properties/buildTimeoutInMinutes",
             "60",
             bad_value("ImageTemplate.properties", "buildTimeoutInMinutes", "60")},
        Rule{"/properties/buildTimeoutInMinutes", 1.5, "It must be a whole number from 0 to 960."},
        Rule{"/properties/vmProfile",
             {{"osDiskSizeGB", -1}},
             bad_value("ImageTemplate.properties.vmProfile", "osDiskSizeGB", "-1")},
        Rule{"/properties/vmProfile",
             {{"osDiskSizeGB", 99999999999}},
             "Field 'osDiskSizeGB' has a bad value"},
        Rule{"/properties/vmProfile",
             {{"userAssignedIdentities", {"me"}}},
             bad_value("ImageTemplate.properties.vmProfile", "userAssignedIdentities[0]", "me")},
        Rule{"/properties/vmProfile",
             {{"vnetConfig", {{"subnetId", "net"}}}},
             bad_value("ImageTemplate.properties.vmProfile.vnetConfig", "subnetId", "net")},
        Rule{"/properties/stagingResourceGroup",
             "rg",
             bad_value("ImageTemplate.properties", "stagingResourceGroup", "rg")}));

TEST(Validation, ReportsAllProblemsAtOnceInTheOrderOfTheFile) {
    auto document = with("/properties/source/publisher", "");
    document = changed(document, "/properties/customize/0", {{"type", "Shell"}});
    document = changed(document, "/properties/distribute/0/runOutputName", "?");
    document = changed(document, "/properties/buildTimeoutInMinutes", 5000);
    const auto result = read_text(base::pretty_json(document));
    ASSERT_THAT(result.diagnostics, SizeIs(4)) << problems_of(result);
    for (std::size_t i = 1; i < result.diagnostics.size(); ++i) {
        EXPECT_LT(result.diagnostics[i - 1].position.line, result.diagnostics[i].position.line);
    }
}

TEST(Validation, NetworkOfContainerInstancesHasItsRules) {
    constexpr const char* kSubnet =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/a";
    auto document =
        changed(with("/apiVersion", "2024-02-01"),
                "/properties/vmProfile",
                {{"vnetConfig", {{"containerInstanceSubnetId", kSubnet}, {"proxyVmSize", "A1"}}}});
    EXPECT_THAT(
        problems_of(document),
        AllOf(HasSubstr(missing("ImageTemplate.properties.vmProfile.vnetConfig", "subnetId")),
              HasSubstr("'proxyVmSize' must not be given")));
}

TEST(Validation, ErrorHandlingHasTwoWords) {
    const auto document = changed(with("/apiVersion", "2023-07-01"),
                                  "/properties/errorHandling",
                                  {{"onCustomizerError", "Abort"}, {"onValidationError", "abort"}});
    EXPECT_THAT(problems_of(document),
                AllOf(HasSubstr(bad_value(
                          "ImageTemplate.properties.errorHandling", "onCustomizerError", "Abort")),
                      HasSubstr("it is one of: cleanup, abort")));
}

TEST(Validation, NamesOfRunOutputsAreUniqueWithoutCase) {
    auto document = minimal_template();
    auto& targets = document.at("properties").at("distribute").as_array();
    targets.push_back({{"type", "VHD"}, {"runOutputName", "OUT"}});
    EXPECT_THAT(
        problems_of(document),
        HasSubstr("[properties.distribute[1].runOutputName] " +
                  bad_value("ImageTemplate.properties.distribute[1]", "runOutputName", "OUT") +
                  " Another distributor has it already."));
}

TEST(Validation, NoTwoTargetsAreTheSameImage) {
    auto document = minimal_template();
    auto& targets = document.at("properties").at("distribute").as_array();
    auto twin = targets[0];
    twin.as_object()["runOutputName"] = "other";
    targets.push_back(twin);
    EXPECT_THAT(problems_of(document), HasSubstr("[properties.distribute[1].imageId]"));
}

TEST(Validation, AnExplicitGalleryVersionIsTakenApart) {
    const auto result =
        read(with("/properties/distribute/0",
                  shared({{"galleryImageId", std::string(kDefinition) + "/versions/1.20.300"},
                          {"versioning", {{"scheme", "Source"}}}})));
    ASSERT_TRUE(result.image_template) << problems_of(result);
    const auto& target =
        std::get<SharedImageTarget>(result.image_template->distribute.at(0).target);
    EXPECT_EQ(target.gallery_image_id, kDefinition);
    EXPECT_EQ(target.version, "1.20.300");
    EXPECT_THAT(problems_of(result), HasSubstr("'versioning' has no effect"));
}

TEST(Validation, ReplicationRegionsBecomeRegionsOfOneKind) {
    const auto result = read(with("/properties/distribute/0",
                                  shared({{"replicationRegions", {"a", "b"}},
                                          {"storageAccountType", "Standard_ZRS"},
                                          {"versioning", {{"scheme", "Source"}}}})));
    ASSERT_TRUE(result.image_template) << problems_of(result);
    const auto& target =
        std::get<SharedImageTarget>(result.image_template->distribute.at(0).target);
    ASSERT_THAT(target.regions, SizeIs(2));
    EXPECT_EQ(target.regions[1].name, "b");
    EXPECT_EQ(target.regions[1].storage_account_type, "Standard_ZRS");
    EXPECT_EQ(target.versioning->scheme, VersionScheme::FromSource);
    EXPECT_FALSE(target.versioning->major);
}

TEST(Validation, MajorOfMinusOneIsAsGoodAsNone) {
    const auto result = read(with("/properties/distribute/0",
                                  shared({{"versioning", {{"scheme", "Latest"}, {"major", -1}}}})));
    const auto& target =
        std::get<SharedImageTarget>(result.image_template->distribute.at(0).target);
    EXPECT_FALSE(target.versioning->major);
}

TEST(Validation, AWindowsPathIsAbsoluteToo) {
    EXPECT_EQ(
        problems_of(with("/properties/customize/0",
                         {{"type", "File"}, {"sourceUri", "x"}, {"destination", "C:\\a\\b.txt"}})),
        "");
}

TEST(Validation, DoesNotRepeatALongValueInFull) {
    const auto problems = problems_of(
        with("/properties/customize/0/sha256Checksum", value(std::string(100'000, 'x'))));
    EXPECT_LT(problems.size(), 1000U);
    EXPECT_THAT(problems, HasSubstr("xxx…'"));
}

}  // namespace
}  // namespace ingot::templates
