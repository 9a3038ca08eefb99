// SPDX-License-Identifier: Apache-2.0
// There and back: what a client of an api-version wrote, it reads again, and nothing that its
// version does not know. Names are those of the published descriptions.
#include "templates/encoder.h"

#include "templates/codec.h"
#include "unit/templates/template_document.h"

#include <gtest/gtest.h>

namespace ingot::templates {
namespace {

using boost::json::object;
using boost::json::parse;
using boost::json::value;

object decoded(const value& document, ApiVersion version) {
    Findings findings(version, {});
    return decode_image_template(document.as_object(), findings);
}

object there_and_back(const value& document, ApiVersion written, ApiVersion read) {
    return encode_image_template(decoded(document, written), read);
}

value customizers(const std::string& list, ApiVersion written, ApiVersion read) {
    const auto result = there_and_back(with("/properties/customize", parse(list)), written, read);
    return result.at("properties").at("customize");
}

value distributors(const std::string& list, ApiVersion written, ApiVersion read) {
    const auto result = there_and_back(with("/properties/distribute", parse(list)), written, read);
    return result.at("properties").at("distribute");
}

std::vector<ApiVersion> versions_since(ApiVersion first) {
    std::vector<ApiVersion> versions;
    for (int i = static_cast<int>(first); i <= static_cast<int>(kNewestApiVersion); ++i) {
        versions.push_back(static_cast<ApiVersion>(i));
    }
    return versions;
}

using enum ApiVersion;

TEST(Encoder, GivesBackWhatWasWrittenWithDefaults) {
    for (const auto version : versions_since(V2019_05_01_preview)) {
        SCOPED_TRACE(to_string(version));
        auto document = minimal_template();
        auto& resource = document.as_object();
        resource.erase("apiVersion");
        const auto once = there_and_back(document, version, version);
        EXPECT_EQ(once.at("identity"), resource.at("identity"));
        EXPECT_EQ(once.at("location"), "westus");
        EXPECT_EQ(once.at("tags"), object());
        EXPECT_EQ(once.at("properties").at("source"), resource.at("properties").at("source"));
        EXPECT_EQ(once.at("properties").at("customize"), resource.at("properties").at("customize"));
        // Written out, defaults are as good as given.
        EXPECT_EQ(there_and_back(once, version, version), once);
    }
}

TEST(Encoder, IsStableInEveryApiVersion) {
    for (const auto version : versions_since(kOldestApiVersion)) {
        SCOPED_TRACE(to_string(version));
        const auto once = there_and_back(minimal_template(), V2022_07_01, version);
        EXPECT_EQ(there_and_back(once, version, version), once);
    }
}

TEST(Encoder, LeavesOutWhatAVersionDoesNotKnow) {
    auto document = with("/properties/validate", parse(R"({"sourceValidationOnly": true})"));
    document =
        changed(document, "/properties/optimize", parse(R"({"vmBoot": {"state": "Enabled"}})"));
    document =
        changed(document, "/properties/errorHandling", parse(R"({"onCustomizerError": "abort"})"));
    document = changed(document, "/properties/autoRun", parse(R"({"state": "Enabled"})"));
    document = changed(document, "/properties/managedResourceTags", parse(R"({"a": "b"})"));
    document = changed(document, "/properties/additionalDataDisks", parse(R"([{"sizeGB": 4}])"));
    const std::vector<std::pair<const char*, ApiVersion>> since = {
        {"buildTimeoutInMinutes", V2019_05_01_preview},
        {"vmProfile", V2019_05_01_preview},
        {"validate", V2022_02_14},
        {"stagingResourceGroup", V2022_02_14},
        {"optimize", V2022_07_01},
        {"errorHandling", V2023_07_01},
        {"autoRun", V2024_02_01},
        {"managedResourceTags", V2024_02_01},
        {"additionalDataDisks", V2025_10_01}};
    for (const auto version : versions_since(kOldestApiVersion)) {
        const auto shown = there_and_back(document, V2025_10_01, version);
        const auto& properties = shown.at("properties").as_object();
        for (const auto& [name, first] : since) {
            EXPECT_EQ(properties.contains(name), version >= first)
                << name << " " << to_string(version);
        }
        EXPECT_EQ(shown.contains("identity"), version >= V2019_05_01_preview);
    }
}

TEST(Encoder, UsesTheNamesOfTheVersion) {
    const std::string list =
        R"([{"type": "Shell", "name": "s", "scriptUri": "https://e/s.sh"},)"
        R"( {"type": "File", "sourceUri": "https://e/f", "destination": "/tmp/f"}])";
    EXPECT_EQ(customizers(list, V2022_07_01, V2018_02_01_preview).at(0),
              parse(R"({"type": "shell", "name": "s", "script": "https://e/s.sh"})"));
    EXPECT_EQ(customizers(list, V2022_07_01, V2019_02_01_preview).at(0),
              parse(R"({"type": "Shell", "name": "s", "script": "https://e/s.sh"})"));
    EXPECT_EQ(customizers(list, V2022_07_01, V2019_05_01_preview), parse(list));
    EXPECT_EQ(
        customizers(
            R"([{"type": "shell", "script": "https://e/s.sh"}])", V2018_02_01_preview, V2025_10_01),
        parse(R"([{"type": "Shell", "scriptUri": "https://e/s.sh"}])"));
}

TEST(Encoder, WritesOptionsOfPowerShellOut) {
    const auto* list = R"([{"type": "PowerShell", "inline": ["dir"], "validExitCodes": [0, 3]}])";
    EXPECT_EQ(customizers(list, V2022_07_01, V2019_02_01_preview), parse(list));
    EXPECT_EQ(customizers(list, V2022_07_01, V2019_05_01_preview).at(0).at("runElevated"), false);
    EXPECT_FALSE(customizers(list, V2022_07_01, V2019_05_01_preview)
                     .at(0)
                     .as_object()
                     .contains("runAsSystem"));
    EXPECT_EQ(customizers(list, V2022_07_01, V2020_02_14).at(0).at("runAsSystem"), false);
}

TEST(Encoder, WritesTheRestOfWindowsSteps) {
    const auto* list = R"([
        {"type": "WindowsRestart", "restartCommand": "shutdown", "restartTimeout": "5m"},
        {"type": "WindowsUpdate", "searchCriteria": "x", "filters": ["include:$true"],
         "updateLimit": 20}])";
    for (const auto version : versions_since(V2020_02_14)) {
        EXPECT_EQ(customizers(list, version, version), parse(list)) << to_string(version);
    }
}

TEST(Encoder, KeepsTargetsOfEveryKind) {
    const std::string definition =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/galleries/g/images/d";
    const auto list = R"([{"type": "SharedImage", "runOutputName": "g", "galleryImageId": ")" +
                      definition + R"(", "artifactTags": {"a": "b"}, "excludeFromLatest": true,
        "targetRegions": [{"name": "westus", "replicaCount": 2,
                           "storageAccountType": "Premium_LRS"}],
        "versioning": {"scheme": "Latest", "major": 2}},
        {"type": "VHD", "runOutputName": "v", "artifactTags": {}, "uri": "https://e/c"}])";
    for (const auto version : versions_since(V2022_07_01)) {
        EXPECT_EQ(distributors(list, version, version), parse(list)) << to_string(version);
    }
    const auto older = distributors(list, V2022_07_01, V2020_02_14);
    EXPECT_EQ(older.at(0),
              parse(R"({"type": "SharedImage", "runOutputName": "g", "galleryImageId": ")" +
                    definition + R"(", "artifactTags": {"a": "b"}, "excludeFromLatest": true})"));
    EXPECT_EQ(older.at(1), parse(R"({"type": "VHD", "runOutputName": "v", "artifactTags": {}})"));
    EXPECT_EQ(distributors(list, V2022_07_01, V2018_02_01_preview).at(0).at("type"), "sharedImage");
}

TEST(Encoder, CopiesWhatTheServiceAdded) {
    auto document = decoded(minimal_template(), V2022_07_01);
    document["id"] = "/some/id";
    auto& properties = document["properties"].as_object();
    properties["provisioningState"] = "Succeeded";
    properties["lastRunStatus"] = {{"runState", "Running"}};
    properties["source"].as_object()["exactVersion"] = "1.2.3";
    const auto shown = encode_image_template(document, V2021_10_01);
    EXPECT_EQ(shown.at("id"), "/some/id");
    EXPECT_EQ(shown.at("properties").at("provisioningState"), "Succeeded");
    EXPECT_EQ(shown.at("properties").at("lastRunStatus").at("runState"), "Running");
    EXPECT_EQ(shown.at("properties").at("source").at("exactVersion"), "1.2.3");
    const auto older = encode_image_template(document, V2020_02_14);
    EXPECT_FALSE(older.at("properties").at("source").as_object().contains("exactVersion"));
}

TEST(Encoder, OmitsEmptyTextsThatWereGiven) {
    const auto shown = customizers(
        R"([{"type": "Shell", "scriptUri": "https://e/s.sh", "sha256Checksum": "", "name": null}])",
        V2022_07_01,
        V2022_07_01);
    EXPECT_EQ(shown, parse(R"([{"type": "Shell", "scriptUri": "https://e/s.sh"}])"));
}

}  // namespace
}  // namespace ingot::templates
