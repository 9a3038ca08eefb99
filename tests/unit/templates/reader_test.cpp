// SPDX-License-Identifier: Apache-2.0
#include "templates/reader.h"

#include "unit/templates/template_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::templates {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Reader, ReadsEveryPartOfAFullTemplate) {
    const auto result = read_text(test_file("full-2025-10-01.json"));
    ASSERT_TRUE(result.image_template) << problems_of(result);
    const auto& t = *result.image_template;
    EXPECT_EQ(t.name, "golden-web");
    EXPECT_EQ(t.api_version, "2025-10-01");
    EXPECT_EQ(t.location, "westeurope");
    EXPECT_EQ(t.tags.at("team"), "web");
    EXPECT_EQ(t.build_timeout_in_minutes, 90);
    EXPECT_EQ(t.vm_profile.vm_size, "Standard_D2s_v3");
    EXPECT_EQ(t.vm_profile.os_disk_size_gb, 32);
    EXPECT_EQ(t.on_customizer_error, OnError::Abort);
    EXPECT_EQ(t.on_validation_error, OnError::Cleanup);
    const auto& source = std::get<PlatformImageSource>(t.source);
    EXPECT_EQ(source.publisher + source.offer + source.sku + source.version,
              "Debiandebian-1212-gen2latest");
    EXPECT_TRUE(t.validate.continue_distribute_on_failure);
    EXPECT_EQ(t.validate.steps.at(0).name, "answers");
}

TEST(Reader, KeepsStepsInOrderWithTheirFields) {
    const auto steps = read_text(test_file("full-2025-10-01.json")).image_template->customize;
    ASSERT_THAT(steps, SizeIs(6));
    EXPECT_EQ(steps[0].name, steps[1].name);
    EXPECT_THAT(std::get<ShellStep>(steps[0].action).inline_lines,
                ElementsAre("sudo apt-get update", "sudo apt-get install -y nginx"));
    const auto& script = std::get<ShellStep>(steps[1].action);
    EXPECT_EQ(script.script_uri, "scripts/harden.sh");
    EXPECT_EQ(script.sha256_checksum,
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const auto& file = std::get<FileStep>(steps[2].action);
    EXPECT_EQ(file.source_uri, "https://example.com/index.html");
    EXPECT_EQ(file.destination, "/tmp/index.html");
    EXPECT_EQ(std::get<WindowsStep>(steps[3].action).type, "PowerShell");
    EXPECT_EQ(std::get<WindowsStep>(steps[5].action).type, "WindowsUpdate");
}

TEST(Reader, ReadsTheThreeKindsOfTargets) {
    const auto targets = read_text(test_file("full-2025-10-01.json")).image_template->distribute;
    ASSERT_THAT(targets, SizeIs(3));
    const auto& shared = std::get<SharedImageTarget>(targets[0].target);
    EXPECT_EQ(targets[0].run_output_name, "gallery");
    EXPECT_EQ(targets[0].artifact_tags.at("source"), "debian");
    EXPECT_EQ(shared.version, "");
    EXPECT_TRUE(shared.exclude_from_latest);
    EXPECT_EQ(shared.versioning->scheme, VersionScheme::Latest);
    EXPECT_EQ(shared.versioning->major, 2);
    ASSERT_THAT(shared.regions, SizeIs(2));
    EXPECT_EQ(shared.regions[0].replica_count, 2);
    EXPECT_EQ(shared.regions[0].storage_account_type, "Premium_LRS");
    EXPECT_EQ(shared.regions[1].replica_count, 1);
    EXPECT_EQ(shared.regions[1].storage_account_type, "Standard_LRS");
    EXPECT_EQ(std::get<ManagedImageTarget>(targets[1].target).location, "westeurope");
    EXPECT_EQ(std::get<VhdTarget>(targets[2].target).uri, "");
}

TEST(Reader, TellsWhatIsRecordedButNotActedOn) {
    const auto problems = problems_of(read_text(test_file("full-2025-10-01.json")));
    for (const char* path : {"properties.vmProfile.userAssignedIdentities",
                             "properties.vmProfile.vnetConfig",
                             "properties.source.planInfo",
                             "properties.optimize",
                             "properties.stagingResourceGroup",
                             "properties.autoRun",
                             "properties.managedResourceTags",
                             "properties.additionalDataDisks",
                             "properties.distribute[0].replicationMode"}) {
        EXPECT_THAT(problems,
                    HasSubstr("warning NotActedOn [" + std::string(path) + "] '" + path +
                              "' is recorded, not acted on."));
    }
    EXPECT_THAT(problems, HasSubstr("warning WindowsOnly [properties.customize[3]] 'PowerShell'"));
    EXPECT_EQ(problems.find("WindowsUpdate"), std::string::npos);
}

TEST(Reader, SaysNothingAboutDefaultsThatAreWrittenOut) {
    auto document = with("/apiVersion", "2024-02-01");
    document = changed(document, "/properties/optimize", {{"vmBoot", {{"state", "Disabled"}}}});
    document = changed(document, "/properties/autoRun", {{"state", "Disabled"}});
    document = changed(document, "/properties/stagingResourceGroup", "");
    document = changed(document, "/properties/managedResourceTags", boost::json::object());
    document = changed(document, "/properties/validate", boost::json::object());
    document = changed(document, "/properties/lastRunStatus", nullptr);
    EXPECT_EQ(problems_of(document), "");
}

TEST(Reader, NamesATemplateAfterTheFileIfItHasNoName) {
    EXPECT_EQ(read(minimal_template()).image_template->name, "from-file");
}

TEST(Reader, TakesTheEnvelopeInAnyCase) {
    auto document = without("/apiVersion");
    document.as_object()["ApiVersion"] = "2024-02-01";
    document.as_object()["Name"] = "web";
    const auto result = read(document);
    ASSERT_TRUE(result.image_template) << problems_of(result);
    EXPECT_EQ(result.image_template->name, "web");
    EXPECT_EQ(result.image_template->api_version, "2024-02-01");
}

TEST(Reader, AssumesTheNewestApiVersionWithANote) {
    const auto result = read(without("/apiVersion"));
    ASSERT_TRUE(result.image_template);
    EXPECT_EQ(result.image_template->api_version, "2025-10-01");
    ASSERT_THAT(result.diagnostics, SizeIs(1));
    EXPECT_EQ(result.diagnostics[0].severity, Severity::Note);
}

TEST(Reader, LetsTheCommandLineChooseTheApiVersion) {
    ReadOptions options;
    options.api_version = "2021-10-01";
    const auto result = read_text(boost::json::serialize(minimal_template()), options);
    EXPECT_EQ(result.image_template->api_version, "2021-10-01");
}

TEST(Reader, RefusesAnUnknownApiVersionWithTheListOfKnownOnes) {
    EXPECT_EQ(problems_of(with("/apiVersion", "2020-02-30")),
              "error InvalidApiVersionParameter [apiVersion] The api-version '2020-02-30' is "
              "invalid. The supported versions are '2018-02-01-preview, 2019-02-01-preview, "
              "2019-05-01-preview, 2020-02-14, 2021-10-01, 2022-02-14, 2022-07-01, 2023-07-01, "
              "2024-02-01, 2025-10-01'.\n");
    EXPECT_THAT(problems_of(with("/apiVersion", 7)), HasSubstr("InvalidApiVersionParameter"));
}

TEST(Reader, KeepsADocumentThatReadsTheSameAgain) {
    for (const char* file : {"full-2025-10-01.json", "2018-02-01-preview.json"}) {
        const auto first = read_text(test_file(file));
        ASSERT_TRUE(first.image_template) << file;
        ReadOptions nothing;  // no name, no version: the document has them
        const auto again =
            read_template(boost::json::serialize(first.image_template->document), nothing);
        ASSERT_TRUE(again.image_template) << problems_of(again);
        EXPECT_EQ(again.image_template->document, first.image_template->document);
        EXPECT_EQ(again.image_template->name, first.image_template->name);
    }
}

TEST(Reader, EvaluatesADeploymentTemplate) {
    ReadOptions options;
    options.parameters.add_text("imageTemplateName", "web");
    options.parameters.add_text("regions", R"(["eastus", "westus"])");
    const auto result = read_text(test_file("deployment.json"), options);
    ASSERT_TRUE(result.image_template) << problems_of(result);
    const auto& t = *result.image_template;
    EXPECT_EQ(t.name, "web");
    EXPECT_EQ(t.location, "westus");
    EXPECT_EQ(t.build_timeout_in_minutes, 60);
    EXPECT_EQ(t.distribute.at(0).run_output_name, "web-out");
    const auto& shared = std::get<SharedImageTarget>(t.distribute[0].target);
    EXPECT_EQ(shared.gallery_image_id,
              "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Compute/galleries/gold/"
              "images/web");
    EXPECT_THAT(shared.regions, SizeIs(2));
    EXPECT_EQ(std::get<ShellStep>(t.customize.at(0).action).inline_lines.at(1),
              "[ -f /etc/passwd ]]");
    EXPECT_THAT(problems_of(result),
                HasSubstr("warning OtherResource [resources[0]] Of a deployment template, only the "
                          "image template is read; not deployed: "
                          "'Microsoft.ManagedIdentity/userAssignedIdentities'.\n"));
}

TEST(Reader, PutsProblemsOfADeploymentAtTheirPlaceInTheFile) {
    ReadOptions options;
    options.parameters.add_text("imageTemplateName", "web/../x");
    options.parameters.add_text("timeout", "5000");
    const auto result = read_text(test_file("deployment.json"), options);
    EXPECT_FALSE(result.image_template);
    const auto problems = problems_of(result);
    EXPECT_THAT(problems,
                AllOf(HasSubstr("[resources[1].name] Validation failed: 'ImageTemplate': Field "
                                "'name' has a bad value: 'web/../x'"),
                      HasSubstr("[resources[1].properties.buildTimeoutInMinutes] Validation "
                                "failed: 'ImageTemplate.properties': Field "
                                "'buildTimeoutInMinutes' has a bad value: '5000'")));
    const auto& place = result.diagnostics.back().position;
    EXPECT_GT(place.line, 20U);
}

TEST(Reader, ReportsAMissingParameterOfADeployment) {
    const auto result = read_text(test_file("deployment.json"));
    EXPECT_FALSE(result.image_template);
    EXPECT_THAT(problems_of(result),
                HasSubstr("error InvalidTemplate [parameters.imageTemplateName] The value for the "
                          "template parameter 'imageTemplateName' is not provided"));
}

TEST(Reader, WantsExactlyOneImageTemplateInADeployment) {
    EXPECT_THAT(problems_of(read_text(R"({"$schema": "s", "resources": []})")),
                HasSubstr("holds no resource of type "
                          "'Microsoft.VirtualMachineImages/imageTemplates'"));
    EXPECT_THAT(
        problems_of(read_text(R"({"resources": [
            {"type": "Microsoft.VirtualMachineImages/imageTemplates"},
            {"type": "microsoft.virtualmachineimages/imagetemplates"}]})")),
        HasSubstr("[resources[1]] The deployment template holds more than one image template"));
}

TEST(Reader, CountsOtherResourcesInsteadOfListingThem) {
    boost::json::array resources(10'000, boost::json::value{{"type", "N/t"}});
    const auto result = read(boost::json::object{{"resources", std::move(resources)}});
    EXPECT_THAT(result.diagnostics, SizeIs(2));
    EXPECT_THAT(problems_of(result), HasSubstr("not deployed: 'N/t' and 9999 more."));
}

TEST(Reader, RefusesAResourceOfAnotherType) {
    EXPECT_THAT(problems_of(with("/type", "Microsoft.Compute/images")),
                HasSubstr("error InvalidTemplate [type] The resource is of type"));
    EXPECT_EQ(problems_of(with("/type", "microsoft.virtualMachineImages/ImageTemplates")), "");
}

TEST(Reader, RefusesParametersForAPlainResource) {
    ReadOptions options;
    options.parameters.add_text("x", "1");
    EXPECT_THAT(problems_of(read_text(boost::json::serialize(minimal_template()), options)),
                HasSubstr("Parameters were supplied"));
}

TEST(Reader, WarnsOfExpressionsInAPlainResource) {
    EXPECT_THAT(problems_of(with("/location", "[parameters('location')]")),
                HasSubstr("warning NotEvaluated [location]"));
    EXPECT_EQ(problems_of(with("/properties/customize/0/inline/0", "[ -f /etc/passwd ]")), "");
}

TEST(Reader, AnswersBadTextWithOneDiagnostic) {
    const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
    for (const std::string& text : {std::string(),
                                    std::string("{"),
                                    std::string("[]"),
                                    std::string("3"),
                                    deep,
                                    "\"" + std::string(std::size_t{10} << 20U, 'x') + "\"",
                                    std::string(R"({"location": "a", "location": "b"})")}) {
        const auto result = read_text(text);
        EXPECT_FALSE(result.image_template);
        ASSERT_THAT(result.diagnostics, SizeIs(1)) << text.substr(0, 80);
        EXPECT_EQ(result.diagnostics[0].code, "InvalidRequestContent");
    }
}

TEST(Reader, ShowsNoMoreProblemsThanAPersonReads) {
    boost::json::object tags;
    for (int i = 0; i < 5000; ++i) {
        tags["tag" + std::to_string(i)] = i;
    }
    const auto result = read(with("/tags", tags));
    ASSERT_THAT(result.diagnostics, SizeIs(101));
    EXPECT_EQ(result.diagnostics.back().message, "4900 more problems are not shown.");
    EXPECT_FALSE(result.image_template);
}

TEST(Reader, DoesNotLoseAnErrorBehindManyWarnings) {
    auto document = with("/properties/distribute/0/runOutputName", "?");
    for (int i = 0; i < 200; ++i) {
        document.as_object()["unknown" + std::to_string(i)] = i;
    }
    // The unknown fields come first in the order of reading.
    auto properties = document.at("properties");
    document.as_object().erase("properties");
    document.as_object()["properties"] = properties;
    EXPECT_FALSE(read(document).image_template);
}

TEST(Diagnostic, ReadsLikeACompilersMessage) {
    const auto result = read_text("{\n  \"apiVersion\": \"x\"\n}");
    ASSERT_FALSE(result.diagnostics.empty());
    EXPECT_THAT(format_diagnostic(result.diagnostics[0], "t.json"),
                AllOf(HasSubstr("t.json:2:3: error: The api-version 'x' is invalid."),
                      HasSubstr(" [apiVersion] (InvalidApiVersionParameter)")));
}

TEST(Diagnostic, KeepsControlCharactersFromTheTerminal) {
    const Diagnostic diagnostic{Severity::Error, "C", "a\x1b[2Jb\nc", {}, {}};
    EXPECT_EQ(format_diagnostic(diagnostic, "f"), "f:1:1: error: a\\x1b[2Jb\\x0ac (C)");
}

}  // namespace
}  // namespace ingot::templates
