// SPDX-License-Identifier: Apache-2.0
// What each api-version of image templates takes and shows, and in which form it refuses. The
// expectations are the published descriptions', and what was recorded of the service.
#include "unit/providers/image_templates_world.h"

namespace ingot::providers {
namespace {

using boost::json::parse;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using Names = std::vector<std::string>;

class ImageTemplateAnswers : public ImageTemplatesTest {};

TEST_F(ImageTemplateAnswers, AreInTheWordsOfEachApiVersion) {
    for (const auto& version : all_versions()) {
        SCOPED_TRACE(version);
        world.api_version = version;
        const auto name = "t" + version.substr(0, 10);
        const auto submitted = submit(name, minimal());
        EXPECT_EQ(submitted.status, 201) << any_message(submitted);
        EXPECT_EQ(text_at(submitted, "properties.provisioningState"), "Creating");
        provision();
        const auto shown = world.get(template_url(name));
        EXPECT_EQ(shown.status, 200);
        EXPECT_EQ(text_at(shown, "properties.provisioningState"), "Succeeded");
        Names properties = {"distribute", "provisioningState", "source"};
        Names top = {"id", "location", "name", "properties", "tags", "type"};
        if (version >= "2019-05-01-preview") {
            properties.insert(properties.end(), {"buildTimeoutInMinutes", "vmProfile"});
            top.emplace_back("identity");
        }
        if (version >= "2022-02-14") {
            properties.insert(properties.end(),
                              {"exactStagingResourceGroup", "stagingResourceGroup"});
        }
        std::ranges::sort(properties);
        std::ranges::sort(top);
        EXPECT_EQ(members_of(shown.body), top);
        EXPECT_EQ(members_of(at(shown.body, "properties")), properties);
        EXPECT_EQ(text_at(shown, "properties.distribute.0.type"),
                  version == "2018-02-01-preview" ? "managedImage" : "ManagedImage");
        EXPECT_EQ(text_at(shown, "properties.source.exactVersion"),
                  version >= "2021-10-01" ? "12.0.2" : "");
        EXPECT_EQ(at(shown.body, "properties.distribute.0.artifactTags"), parse("{}"));
    }
}

TEST_F(ImageTemplateAnswers, ShowOneTemplateInEveryApiVersionsWords) {
    world.api_version = "2019-05-01-preview";
    make("t", with("customize", R"([{"type": "Shell", "name": "s", "inline": ["true"]}])"));
    world.api_version = "2018-02-01-preview";
    const auto oldest = world.get(template_url("t"));
    EXPECT_EQ(text_at(oldest, "properties.customize.0.type"), "shell");
    EXPECT_EQ(text_at(oldest, "properties.distribute.0.type"), "managedImage");
    EXPECT_EQ(members_of(at(oldest.body, "properties.customize.0")), (Names{"name", "type"}));
    EXPECT_FALSE(oldest.body.get_object().contains("identity"));
    world.api_version = "2025-10-01";
    EXPECT_EQ(text_at(world.get(template_url("t")), "properties.customize.0.type"), "Shell");
}

TEST_F(ImageTemplateAnswers, WriteTheDefaultsOut) {
    const auto submitted = submit("t", with("validate", "{}"));
    EXPECT_EQ(at(submitted.body, "properties.buildTimeoutInMinutes"), 0);
    EXPECT_EQ(at(submitted.body, "properties.vmProfile"),
              parse(R"({"vmSize": "", "osDiskSizeGB": 0})"));
    EXPECT_EQ(at(submitted.body, "tags"), parse("{}"));
    world.api_version = "2022-07-01";
    const auto newer = submit("n", with("validate", "{}"));
    EXPECT_EQ(at(newer.body, "properties.stagingResourceGroup"), "");
    EXPECT_EQ(at(newer.body, "properties.exactStagingResourceGroup"), "");
    EXPECT_EQ(at(newer.body, "properties.validate"),
              parse(R"({"continueDistributeOnFailure": false, "sourceValidationOnly": false})"));
}

TEST_F(ImageTemplateAnswers, WriteTheDefaultsOfAGalleryTargetOut) {
    make_definition("d");
    world.api_version = "2022-07-01";
    const auto shown =
        make("t",
             with("distribute",
                  R"([{"type": "SharedImage", "runOutputName": "o", "galleryImageId": ")" +
                      in_rg("Microsoft.Compute/galleries/g/images/d") +
                      R"(", "replicationRegions": ["westus2"]}])"));
    EXPECT_EQ(at(shown.body, "properties.distribute.0.excludeFromLatest"), false);
    EXPECT_TRUE(at(shown.body, "properties.distribute.0").as_object().contains("versioning"));
    EXPECT_TRUE(at(shown.body, "properties.distribute.0.versioning").is_null());
    EXPECT_EQ(at(shown.body, "properties.distribute.0.artifactTags"), parse("{}"));
    world.api_version = "2019-05-01-preview";
    EXPECT_EQ(
        members_of(at(world.get(template_url("t")).body, "properties.distribute.0")),
        (Names{"artifactTags", "galleryImageId", "replicationRegions", "runOutputName", "type"}));
}

// As recorded: `id` with resourcegroups in lower case, everything else as the client wrote it.
TEST_F(ImageTemplateAnswers, SpellIdsAsTheServiceDoes) {
    const auto made = make("MyTemplate");
    EXPECT_EQ(text_at(made, "id"),
              "/subscriptions/" + kSubscription +
                  "/resourcegroups/rg/providers/Microsoft.VirtualMachineImages/imageTemplates/"
                  "MyTemplate");
    EXPECT_EQ(text_at(made, "type"), "Microsoft.VirtualMachineImages/imageTemplates");
    EXPECT_EQ(text_at(made, "name"), "MyTemplate");
    EXPECT_EQ(members_of(at(made.body, "identity.userAssignedIdentities")), Names{identity});
    EXPECT_EQ(world.get(base::to_lower(template_url("MyTemplate"))).body, made.body);
}

TEST_F(ImageTemplateAnswers, HaveThePlainNameOfALocation) {
    auto body = minimal();
    body["location"] = "West US 2";
    const auto submitted = submit("t", body);
    EXPECT_EQ(text_at(submitted, "location"), "westus2");
    EXPECT_THAT(header_of(submitted, "Azure-AsyncOperation"), HasSubstr("/locations/westus2/"));
}

TEST_F(ImageTemplateAnswers, CompleteTheIdentityOnceItIsChecked) {
    const auto submitted = submit("t", minimal());
    const auto before = at(submitted.body, "identity.userAssignedIdentities").as_object();
    EXPECT_EQ(before.begin()->value(), boost::json::object());
    provision();
    const auto after =
        at(world.get(template_url("t")).body, "identity.userAssignedIdentities").as_object();
    EXPECT_EQ(members_of(after.begin()->value()), (Names{"clientId", "principalId"}));
}

TEST_F(ImageTemplateAnswers, PointToAnOperation) {
    const auto submitted = submit("t", minimal());
    const auto url = header_of(submitted, "Azure-AsyncOperation");
    EXPECT_THAT(url,
                StartsWith("https://localhost:8443/subscriptions/" + kSubscription +
                           "/providers/Microsoft.VirtualMachineImages/locations/westus2/"
                           "operations/"));
    EXPECT_THAT(url, EndsWith("?api-version=2021-10-01"));
    EXPECT_EQ(header_of(submitted, "Location"), "");
    const auto running = operation_of(submitted);
    EXPECT_EQ(running.status, 200);
    EXPECT_EQ(text_at(running, "status"), "InProgress");
    const auto id = text_at(running, "name");
    EXPECT_THAT(url, HasSubstr("/operations/" + base::to_lower(id) + "?"));
    EXPECT_NE(id, base::to_lower(id));
    EXPECT_EQ(members_of(running.body), (Names{"name", "startTime", "status"}));
    provision();
    const auto done = operation_of(submitted);
    EXPECT_EQ(text_at(done, "status"), "Succeeded");
    EXPECT_EQ(members_of(done.body), (Names{"endTime", "name", "startTime", "status"}));
}

TEST_F(ImageTemplateAnswers, RefuseInTheShapeOfTheirApiVersion) {
    for (const auto& version : all_versions()) {
        SCOPED_TRACE(version);
        world.api_version = version;
        const auto refused = world.put(template_url("t"), R"({"location": "westus2"})");
        EXPECT_EQ(refused.status, 400);
        const bool bare = version <= "2020-02-14";
        EXPECT_EQ(text_at(refused, bare ? "code" : "error.code"), "ValidationFailed");
        EXPECT_EQ(refused.body.as_object().contains("error"), !bare);
        const auto missing = world.get(template_url("t"));
        EXPECT_EQ(missing.status, 404);
        EXPECT_EQ(text_at(missing, bare ? "code" : "error.code"), "ResourceNotFound");
    }
}

TEST_F(ImageTemplateAnswers, NameTheApiVersionsThereAre) {
    const auto refused = world.get(template_url("t") + "?api-version=2030-01-01");
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(error_code(refused), "NoRegisteredProviderFound");
    for (const auto& version : all_versions()) {
        EXPECT_THAT(error_message(refused), HasSubstr(version));
    }
    EXPECT_EQ(error_code(world.get(template_url("t") + "?api-version=newest")),
              "InvalidApiVersionParameter");
}

TEST_F(ImageTemplateAnswers, RefuseOtherVerbs) {
    make("t");
    const auto url = template_url("t");
    const std::vector<std::pair<std::string, std::string>> wrong = {
        {"POST", url},
        {"GET", url + "/run"},
        {"PUT", url + "/run"},
        {"GET", url + "/cancel"},
        {"DELETE", url + "/cancel"},
        {"PUT", url + "/runOutputs/out"},
        {"DELETE", url + "/runOutputs/out"},
        {"PATCH", url + "/runOutputs/out"},
        {"PUT", url + "/runs/1"},
        {"DELETE", url + "/runs/1"},
        {"PATCH", url + "/triggers/t?api-version=2022-07-01"},
        {"POST", in_rg("Microsoft.VirtualMachineImages/imageTemplates")}};
    for (const auto& [verb, at_url] : wrong) {
        EXPECT_EQ(world.send(verb, at_url, "{}").status, 405) << verb << " " << at_url;
    }
}

// Until 2024-02-01 unknown fields were ignored and the case of names did not matter; discriminators
// always did.
TEST_F(ImageTemplateAnswers, AreStrictSince2024) {
    for (const auto& version : all_versions()) {
        SCOPED_TRACE(version);
        world.api_version = version;
        auto body = minimal();
        auto& properties = body["properties"].get_object();
        properties["Optimise"] = {{"vmboot", "x"}};
        properties["Source"] = properties["source"];
        properties.erase("source");
        const bool strict = version >= "2024-02-01";
        const auto answer = submit("case-" + version.substr(0, 10), body);
        EXPECT_EQ(answer.status, strict ? 400 : 201) << any_message(answer);
        if (strict) {
            EXPECT_EQ(error_code(answer), "ValidationFailed");
            EXPECT_THAT(error_message(answer),
                        StartsWith("Unmarshalling entity encountered error: unmarshalling type *v" +
                                   version.substr(0, 4) + "_"));
            const auto all = boost::json::serialize(answer.body);
            EXPECT_THAT(all, HasSubstr(R"(unknown field \"Optimise\")"));
            EXPECT_THAT(all, HasSubstr(R"(unknown field \"Source\")"));
        } else {
            EXPECT_TRUE(at(answer.body, "properties").as_object().contains("source"));
        }
        auto wrong = minimal();
        wrong["properties"].get_object()["distribute"].get_array()[0].get_object()["type"] =
            version == "2018-02-01-preview" ? "ManagedImage" : "managedImage";
        const auto refused = submit("wrong", wrong);
        EXPECT_EQ(refused.status, 400);
        EXPECT_EQ(any_code(refused), "ValidationFailed");
        EXPECT_THAT(any_message(refused),
                    HasSubstr("Field 'distribute[0].type' has a bad value: ''"));
    }
}

// Templates of deployments carry it; the service takes it for a field like any other.
TEST_F(ImageTemplateAnswers, DoNotKnowAnApiVersionInTheBody) {
    auto body = minimal();
    body["apiVersion"] = "2024-02-01";
    EXPECT_EQ(submit("old", body).status, 201);
    world.api_version = "2024-02-01";
    const auto refused = submit("new", body);
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(error_message(refused), HasSubstr("unknown field \"apiVersion\""));
}

// What GET showed may be sent again whole, as `az resource` does.
TEST_F(ImageTemplateAnswers, TakeTheFieldsThatTheServiceWrites) {
    for (const auto* version : {"2022-07-01", "2024-02-01", "2025-10-01"}) {
        world.api_version = version;
        const auto name = std::string("t") + version;
        const auto shown = make(name);
        world.remove(template_url(name));
        const auto again = make(name, shown.body.as_object());
        EXPECT_EQ(text_at(again, "properties.provisioningState"), "Succeeded");
    }
}

TEST_F(ImageTemplateAnswers, RequireAnIdentitySince2020) {
    for (const auto& version : all_versions()) {
        world.api_version = version;
        auto body = minimal();
        body.erase("identity");
        const auto answer = submit("t" + version.substr(0, 10), body);
        if (version >= "2020-02-14") {
            EXPECT_EQ(answer.status, 400) << version;
            EXPECT_THAT(any_message(answer),
                        HasSubstr("Validation failed: 'ImageTemplate': Missing field 'identity'"));
        } else {
            EXPECT_EQ(answer.status, 201) << version;
        }
    }
}

TEST_F(ImageTemplateAnswers, HaveNamesAsTheirApiVersionAllows) {
    const auto status = [&](const std::string& name, const std::string& version) {
        world.api_version = version;
        return submit(name, minimal()).status;
    };
    EXPECT_EQ(status("with.dot", "2019-05-01-preview"), 201);
    EXPECT_EQ(status("with.dots", "2019-02-01-preview"), 400);
    EXPECT_EQ(status("with space", "2022-07-01"), 400);
    EXPECT_EQ(status(std::string(64, 'n'), "2022-07-01"), 201);
    EXPECT_EQ(status(std::string(65, 'n'), "2022-07-01"), 400);
}

TEST_F(ImageTemplateAnswers, RefuseIsoInWordsOfTheirOwn) {
    for (const auto* version : {"2018-02-01-preview", "2019-05-01-preview", "2020-02-14"}) {
        world.api_version = version;
        const auto refused = submit(
            "t",
            with(
                "source",
                R"({"type": "ISO", "sourceUri": "https://e/x.iso", "sourceURI": "https://e/x.iso",)"
                R"( "sha256Checksum": ")" +
                    std::string(64, 'a') + "\"}"));
        EXPECT_EQ(refused.status, 400) << version;
        EXPECT_EQ(world.get(template_url("t")).status, 404);
    }
}

// A body that is a deployment is not a template; ARM's expressions are not evaluated here.
TEST_F(ImageTemplateAnswers, RefuseADeployment) {
    auto resource = minimal();
    resource["type"] = "Microsoft.VirtualMachineImages/imageTemplates";
    resource["apiVersion"] = "2021-10-01";
    resource["name"] = "t";
    const boost::json::object deployment = {
        {"$schema",
         "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"},
        {"contentVersion", "1.0.0.0"},
        {"location", "westus2"},
        {"resources", boost::json::array{resource}}};
    const auto refused = submit("t", deployment);
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(world.get(template_url("t")).status, 404);
}

TEST_F(ImageTemplateAnswers, RefuseWrongTypesEverywhere) {
    const std::vector<std::string> bodies = {
        "[]",
        "7",
        R"("text")",
        R"({"location": 7, "properties": {}})",
        R"({"location": "westus2", "properties": []})",
        R"({"location": "westus2", "properties": {"source": [], "distribute": {}}})",
        R"({"location": "westus2", "identity": 1, "properties": {"source": null}})",
        R"({"location": "westus2", "tags": [], "properties": null})"};
    for (const auto& version : {"2018-02-01-preview", "2021-10-01", "2025-10-01"}) {
        world.api_version = version;
        for (const auto& body : bodies) {
            EXPECT_EQ(world.put(template_url("t"), body).status, 400) << body;
        }
    }
    world.api_version = "2022-07-01";
    const std::vector<std::pair<std::string, std::string>> members = {
        {"customize", R"([null])"},
        {"customize", R"(["x"])"},
        {"customize", R"([{"type": 7}])"},
        {"customize", R"([{"type": "Shell", "inline": [1]}])"},
        {"customize", R"([{"type": "Shell", "inline": "x"}])"},
        {"vmProfile", R"({"osDiskSizeGB": "30"})"},
        {"vmProfile", R"({"osDiskSizeGB": 1e400})"},
        {"vmProfile", R"({"vnetConfig": {"subnetId": "no id"}})"},
        {"buildTimeoutInMinutes", "961"},
        {"buildTimeoutInMinutes", "-1"},
        {"validate", "[]"},
        {"distribute", "[]"},
        {"stagingResourceGroup", "\"none\""}};
    for (const auto& [member, json] : members) {
        if (json.find("1e400") != std::string::npos) {
            continue;  // no JSON value can hold it: the transport refuses it
        }
        const auto refused = submit("t", with(member, json));
        EXPECT_EQ(refused.status, 400) << member << json;
        EXPECT_EQ(error_code(refused), "ValidationFailed") << member << json;
    }
}

TEST_F(ImageTemplateAnswers, ListWhatThereIs) {
    make("b");
    make("a");
    const auto in_group = world.get(in_rg("Microsoft.VirtualMachineImages/imageTemplates"));
    EXPECT_EQ(names_in(in_group.body), (Names{"a", "b"}));
    EXPECT_EQ(at(in_group.body, "value.0"), world.get(template_url("a")).body);
    const auto all =
        world.get(ProviderWorld::in_subscription("Microsoft.VirtualMachineImages/imageTemplates"));
    EXPECT_EQ(names_in(all.body), (Names{"a", "b"}));
    const auto page = world.get(
        ProviderWorld::in_subscription("Microsoft.VirtualMachineImages/imageTemplates?$top=1"));
    EXPECT_EQ(names_in(page.body), Names{"a"});
    EXPECT_THAT(text_at(page, "nextLink"), HasSubstr("skipToken"));
}

TEST_F(ImageTemplateAnswers, ListTheOperationsOfTheProvider) {
    for (const auto& version : all_versions()) {
        world.api_version = version;
        const auto listed = world.get("/providers/Microsoft.VirtualMachineImages/operations");
        EXPECT_EQ(listed.status, 200);
        const auto names = names_in(listed.body);
        for (const auto* name : {"imageTemplates/read",
                                 "imageTemplates/write",
                                 "imageTemplates/delete",
                                 "imageTemplates/run/action",
                                 "imageTemplates/cancel/action",
                                 "imageTemplates/runOutputs/read",
                                 "imageTemplates/triggers/write"}) {
            EXPECT_THAT(names,
                        testing::Contains(std::string("Microsoft.VirtualMachineImages/") + name));
        }
        EXPECT_EQ(text_at(listed, "value.0.display.provider"), "Virtual Machine Image Builder");
    }
}

}  // namespace
}  // namespace ingot::providers
