// SPDX-License-Identifier: Apache-2.0
// What goes on after the PUT of an image template: rights, source and targets, the staging group,
// scripts and files with their checksums, and how it looks when one of them fails.
#include "base/digest.h"
#include "support/http/local_http_server.h"
#include "unit/providers/image_templates_world.h"

#include <filesystem>

namespace ingot::providers {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using Names = std::vector<std::string>;

class ImageTemplateProvisioning : public ImageTemplatesTest {
  protected:
    ImageTemplateProvisioning() { world.api_version = "2022-07-01"; }

    // That the template was taken, then failed, and says so everywhere.
    void expect_failure(const boost::json::object& body,
                        const std::string& code,
                        const std::string& words) {
        world.remove(url);
        const auto submitted = submit("t", body);
        ASSERT_EQ(submitted.status, 201) << any_message(submitted);
        provision();
        const auto shown = world.get(url);
        EXPECT_EQ(text_at(shown, "properties.provisioningState"), "Failed");
        EXPECT_EQ(text_at(shown, "properties.provisioningError.provisioningErrorCode"), code);
        EXPECT_THAT(text_at(shown, "properties.provisioningError.message"), HasSubstr(words));
        const auto operation = operation_of(submitted);
        EXPECT_EQ(operation.status, 200);
        EXPECT_EQ(text_at(operation, "status"), "Failed");
        EXPECT_EQ(text_at(operation, "error.message"),
                  text_at(shown, "properties.provisioningError.message"));
        const auto run = world.post(url + "/run");
        EXPECT_EQ(run.status, 409);
        EXPECT_THAT(error_message(run), HasSubstr("provisioning state: failed"));
    }

    resources::Resource group_of(const resources::Answer& shown) {
        const auto id = text_at(shown, "properties.exactStagingResourceGroup");
        return world.resources.find(base::to_lower(id)).value_or(resources::Resource());
    }

    static std::string group_id(const std::string& name) {
        return "/subscriptions/" + kSubscription + "/resourceGroups/" + name;
    }

    static std::string tag(const resources::Resource& group, const std::string& name) {
        return text_in(group.tags, name);
    }

    static std::string text_in(const boost::json::object& tags, const std::string& name) {
        const auto* found = tags.if_contains(name);
        return found != nullptr ? std::string(found->as_string()) : "";
    }

    boost::json::object with_script(const std::string& path, const std::string& more = "") {
        return with("customize",
                    R"([{"type": "Shell", "scriptUri": ")" + server.url(path) + "\"" + more + "}]");
    }

  public:
    const std::string url = template_url("t");
    test_support::LocalHttpServer server;
};

TEST_F(ImageTemplateProvisioning, WritesTheExactVersion) {
    EXPECT_EQ(text_at(submit("t", minimal()), "properties.source.exactVersion"), "latest");
    provision();
    EXPECT_EQ(text_at(world.get(url), "properties.source.exactVersion"), "12.0.2");
    make("fixed",
         with("source",
              R"({"type": "PlatformImage", "publisher": "debian", "offer": "DEBIAN-12",)"
              R"( "sku": "12", "version": "12.0.1"})"));
    EXPECT_EQ(text_at(world.get(template_url("fixed")), "properties.source.exactVersion"),
              "12.0.1");
}

TEST_F(ImageTemplateProvisioning, WritesTheExactVersionOfAGallery) {
    make_definition("d");
    publish_version("d", "1.0.0");
    publish_version("d", "1.10.0");
    const auto definition = in_rg("Microsoft.Compute/galleries/g/images/d");
    const auto shown = make("t",
                            with("source",
                                 R"({"type": "SharedImageVersion", "imageVersionId": ")" +
                                     definition + "/versions/latest\"}"));
    EXPECT_EQ(text_at(shown, "properties.source.exactVersion"), definition + "/versions/1.10.0");
    EXPECT_EQ(text_at(shown, "properties.source.imageVersionId"), definition + "/versions/latest");
}

TEST_F(ImageTemplateProvisioning, FillsChecksumsIn) {
    server.serve("/s.sh", {{.body = "echo hi\n"}});
    server.serve("/f", {{.body = "a file"}});
    auto body = with("customize",
                     R"([{"type": "Shell", "scriptUri": ")" + server.url("/s.sh") +
                         R"(", "sha256Checksum": ""}, {"type": "Shell", "inline": ["true"]},)"
                         R"({"type": "File", "sourceUri": ")" +
                         server.url("/f") + R"(", "destination": "/tmp/f", "sha256Checksum": ")" +
                         base::sha256("a file").hex() + "\"}]");
    body["properties"].get_object()["validate"] = boost::json::parse(
        R"({"inVMValidations": [{"type": "Shell", "scriptUri": ")" + server.url("/s.sh") + "\"}]}");
    const auto submitted = submit("t", body);
    EXPECT_FALSE(
        at(submitted.body, "properties.customize.0").as_object().contains("sha256Checksum"));
    EXPECT_TRUE(server.requests().empty());
    provision();
    const auto shown = world.get(url);
    ASSERT_EQ(text_at(shown, "properties.provisioningState"), "Succeeded");
    const auto script = base::sha256("echo hi\n").hex();
    EXPECT_EQ(text_at(shown, "properties.customize.0.sha256Checksum"), script);
    EXPECT_FALSE(at(shown.body, "properties.customize.1").as_object().contains("sha256Checksum"));
    EXPECT_EQ(text_at(shown, "properties.customize.2.sha256Checksum"),
              base::sha256("a file").hex());
    EXPECT_EQ(text_at(shown, "properties.validate.inVMValidations.0.sha256Checksum"), script);
    EXPECT_EQ(text_at(shown, "properties.customize.0.scriptUri"), server.url("/s.sh"));
    // What a worker will read is what was checked, wherever the server may be by then.
    world.post(url + "/run");
    const auto run = last_run("t");
    const auto wanted = boost::json::parse(run.template_json);
    const auto staged = at(wanted, "properties.customize.0.scriptUri");
    EXPECT_EQ(os::read_file(os::Path(run.template_folder) / staged.as_string().c_str()),
              "echo hi\n");
    const auto validator = at(wanted, "properties.validate.inVMValidations.0.scriptUri");
    EXPECT_TRUE(
        std::filesystem::exists(os::Path(run.template_folder) / validator.as_string().c_str()));
}

TEST_F(ImageTemplateProvisioning, TakesChecksumsOfEitherCase) {
    server.serve("/s.sh", {{.body = "echo hi\n"}});
    auto digest = base::sha256("echo hi\n").hex();
    for (char& c : digest) {
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    const auto shown = make("t", with_script("/s.sh", R"(, "sha256Checksum": ")" + digest + "\""));
    EXPECT_EQ(text_at(shown, "properties.provisioningState"), "Succeeded");
}

TEST_F(ImageTemplateProvisioning, FailsOnAWrongChecksumAndStays) {
    server.serve("/s.sh", {{.body = "echo other\n"}});
    expect_failure(
        with_script("/s.sh", R"(, "sha256Checksum": ")" + base::sha256("echo hi\n").hex() + "\""),
        "Other",
        base::sha256("echo other\n").hex());
    EXPECT_EQ(world.remove(url).status, 202);
}

TEST_F(ImageTemplateProvisioning, FailsOnAScriptThatIsNotThere) {
    expect_failure(with_script("/absent.sh"), "Other", "absent.sh");
}

// What listens on the service's own loopback trusts whoever reaches it.
TEST_F(ImageTemplateProvisioning, TakesNothingFromItsOwnHost) {
    server.serve("/s.sh", {{.body = "echo hi\n"}});
    life.local_sources = false;
    expect_failure(with_script("/s.sh"), "Other", "does not fetch from");
    EXPECT_TRUE(server.requests().empty());
}

TEST_F(ImageTemplateProvisioning, RunsByItselfIfAskedTo) {
    world.api_version = "2024-02-01";
    make("t", with("autoRun", R"({"state": "Disabled"})"));
    EXPECT_EQ(runs_recorded, 0);
    world.remove(url);
    make("t", with("autoRun", R"({"state": "Enabled"})"));
    EXPECT_EQ(runs_recorded, 1);
    EXPECT_EQ(last_run("t").state, build::RunState::Running);
    EXPECT_EQ(world.post(url + "/run").status, 409);
}

TEST_F(ImageTemplateProvisioning, DoesNotRunByItselfWhenItFailed) {
    world.api_version = "2024-02-01";
    auto body = with("autoRun", R"({"state": "Enabled"})");
    identity_may = [](const auto&, const auto&) { return false; };
    make("t", body);
    EXPECT_EQ(runs_recorded, 0);
}

// The service's own files are nobody else's to read.
TEST_F(ImageTemplateProvisioning, TakesNothingButHttp) {
    for (const auto* uri : {"file:///etc/passwd",
                            "/etc/passwd",
                            "relative.sh",
                            "FILE:///etc/passwd",
                            "ftp://host/x",
                            "http:/one-slash"}) {
        const auto steps = R"([{"type": "File", "destination": "/tmp/x", "sourceUri": ")" +
                           std::string(uri) + "\"}]";
        submit("t", with("customize", steps));
        provision();
        const auto shown = world.get(url);
        EXPECT_NE(text_at(shown, "properties.provisioningState"), "Succeeded") << uri;
        world.remove(url);
    }
    for (const auto* uri : {"file:///etc/passwd", "/etc/passwd", "relative.sh"}) {
        EXPECT_EQ(submit("t",
                         with("validate",
                              R"({"inVMValidations": [{"type": "Shell", "scriptUri": ")" +
                                  std::string(uri) + "\"}]}"))
                      .status,
                  400)
            << uri;
    }
}

TEST_F(ImageTemplateProvisioning, FailsOnASourceThatIsNotThere) {
    expect_failure(with("source",
                        R"({"type": "PlatformImage", "publisher": "Debian", "offer": "debian-99",)"
                        R"( "sku": "12", "version": "latest"})"),
                   "BadPIRSource",
                   "debian-99");
    expect_failure(with("source",
                        R"({"type": "ManagedImage", "imageId": ")" +
                            in_rg("Microsoft.Compute/images/none") + "\"}"),
                   "BadManagedImageSource",
                   "/images/none");
    make_definition("d");
    expect_failure(with("source",
                        R"({"type": "SharedImageVersion", "imageVersionId": ")" +
                            in_rg("Microsoft.Compute/galleries/g/images/d/versions/1.0.0") + "\"}"),
                   "BadSharedImageVersionSource",
                   "1.0.0");
    expect_failure(
        with("source",
             R"({"type": "SharedImageVersion", "imageVersionId": ")" +
                 in_rg("Microsoft.Compute/galleries/g/images/none/versions/latest") + "\"}"),
        "BadSharedImageVersionSource",
        "/images/none");
}

TEST_F(ImageTemplateProvisioning, FailsOnATargetThatIsNotThere) {
    expect_failure(with("distribute",
                        R"([{"type": "SharedImage", "runOutputName": "o", "galleryImageId": ")" +
                            in_rg("Microsoft.Compute/galleries/g/images/none") +
                            R"(", "replicationRegions": ["westus2"]}])"),
                   "BadSharedImageDistribute",
                   "/images/none");
    expect_failure(
        with("distribute",
             R"([{"type": "ManagedImage", "runOutputName": "o", "location": "westus2",)"
             R"( "imageId": ")" +
                 ProviderWorld::in_group("nowhere", "Microsoft.Compute/images/i") + "\"}]"),
        "Other",
        "resourceGroups/nowhere");
}

TEST_F(ImageTemplateProvisioning, NamesTheRightThatIsMissing) {
    make_definition("d");
    publish_version("d", "1.0.0");
    const auto gallery = in_rg("Microsoft.Compute/galleries/g");
    auto body = with("source",
                     R"({"type": "SharedImageVersion", "imageVersionId": ")" + gallery +
                         "/images/d/versions/1.0.0\"}");
    auto& properties = body["properties"].get_object();
    properties["distribute"] = boost::json::parse(
        R"([{"type": "ManagedImage", "runOutputName": "m", "location": "westus2", "imageId": ")" +
        in_rg("Microsoft.Compute/images/img") +
        R"("}, {"type": "SharedImage", "runOutputName": "s", "galleryImageId": ")" + gallery +
        R"(/images/d", "replicationRegions": ["westus2"]}])");
    properties["vmProfile"] = boost::json::parse(
        R"({"userAssignedIdentities": [")" + identity + R"("], "vnetConfig": {"subnetId": ")" +
        in_rg("Microsoft.Network/virtualNetworks/v/subnets/s") + "\"}}");
    properties["stagingResourceGroup"] = group_id("mine");
    for (const auto* action : {"Microsoft.Compute/galleries/read",
                               "Microsoft.Compute/galleries/images/read",
                               "Microsoft.Compute/galleries/images/versions/read",
                               "Microsoft.Compute/galleries/images/versions/write",
                               "Microsoft.Compute/images/read",
                               "Microsoft.Compute/images/write",
                               "Microsoft.Compute/images/delete",
                               "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
                               "Microsoft.Network/virtualNetworks/subnets/join/action",
                               "Microsoft.Resources/subscriptions/resourceGroups/write"}) {
        SCOPED_TRACE(action);
        identity_may = [action](const auto& asked, const auto& /*scope*/) {
            return asked != action;
        };
        expect_failure(body, "Other", "Not authorized to access the resource: /subscriptions/");
        const auto shown = world.get(url);
        EXPECT_THAT(text_at(shown, "properties.provisioningError.message"), HasSubstr(action));
        EXPECT_THAT(text_at(shown, "properties.provisioningError.message"),
                    EndsWith("For more details, go to https://aka.ms/azvmimagebuilderts."));
    }
    identity_may = [](const auto& /*asked*/, const auto& /*scope*/) { return true; };
    world.remove(url);
    EXPECT_EQ(text_at(make("t", body), "properties.provisioningState"), "Succeeded");
}

TEST_F(ImageTemplateProvisioning, CallsAMissingRightUnauthorized) {
    identity_may = [](const auto& /*asked*/, const auto& /*scope*/) { return false; };
    const auto submitted = submit("t", minimal());
    provision();
    EXPECT_EQ(text_at(operation_of(submitted), "error.code"), "Unauthorized");
}

TEST_F(ImageTemplateProvisioning, NeedsAnIdentityThatIsThere) {
    auto body = minimal();
    body["identity"] = boost::json::parse(
        R"({"type": "UserAssigned", "userAssignedIdentities": {")" +
        in_rg("Microsoft.ManagedIdentity/userAssignedIdentities/none") + "\": {}}}");
    expect_failure(body, "Other", "The assigned managed identity cannot be used.");
}

// Before templates had identities, whoever submitted one had to have the rights.
TEST_F(ImageTemplateProvisioning, AsksForTheSubmittersRightsWithoutAnIdentity) {
    world.api_version = "2019-02-01-preview";
    std::vector<std::string> asked;
    life.may = [&](const auto& who, const auto& /*action*/, const auto& /*scope*/) {
        asked.push_back(who);
        return who == "caller-object";
    };
    EXPECT_EQ(text_at(make("t"), "properties.provisioningState"), "Succeeded");
    EXPECT_THAT(asked, testing::Not(testing::IsEmpty()));
    world.caller.object_id = "somebody-else";
    EXPECT_EQ(text_at(make("u"), "properties.provisioningState"), "Failed");
}

TEST_F(ImageTemplateProvisioning, MakesAStagingGroup) {
    const auto shown = make("t");
    const auto group = group_of(shown);
    EXPECT_THAT(group.name(), MatchesRegex("IT_rg_t_[0-9a-f]{8}-[0-9a-f-]{27}"));
    EXPECT_EQ(group.location, "westus2");
    EXPECT_EQ(tag(group, "createdBy"), "AzureVMImageBuilder");
    EXPECT_EQ(tag(group, "imageTemplateName"), "t");
    EXPECT_EQ(tag(group, "imageTemplateResourceGroupName"), "rg");
    const auto longer = make(std::string(64, 'n'));
    EXPECT_THAT(group_of(longer).name(), MatchesRegex("IT_rg_n{37}_[0-9a-f-]{36}"));
}

TEST_F(ImageTemplateProvisioning, MakesAGroupOfAGivenName) {
    const auto shown = make("t", with("stagingResourceGroup", "\"" + group_id("mine") + "\""));
    EXPECT_EQ(text_at(shown, "properties.exactStagingResourceGroup"), group_id("mine"));
    EXPECT_EQ(tag(group_of(shown), "createdBy"), "AzureVMImageBuilder");
    world.remove(url);
    EXPECT_FALSE(world.resources.find(base::to_lower(group_id("mine"))));
}

TEST_F(ImageTemplateProvisioning, AdoptsAGroupAndGivesItBack) {
    world.make_group("mine");
    auto group = *world.resources.find(base::to_lower(group_id("mine")));
    group.tags["kept"] = "yes";
    resources::Change change;
    change.writes.push_back({group, resources::Expectation::anything()});
    static_cast<void>(world.resources.apply(change));
    const auto shown = make("t", with("stagingResourceGroup", "\"" + group_id("mine") + "\""));
    EXPECT_EQ(text_at(shown, "properties.provisioningState"), "Succeeded");
    const auto adopted = group_of(shown);
    EXPECT_EQ(tag(adopted, "usedBy"), "AzureVMImageBuilder");
    EXPECT_EQ(tag(adopted, "createdBy"), "");
    EXPECT_EQ(tag(adopted, "imageTemplateName"), "t");
    EXPECT_EQ(tag(adopted, "kept"), "yes");
    world.remove(url);
    const auto after = world.resources.find(base::to_lower(group_id("mine")));
    ASSERT_TRUE(after);
    EXPECT_EQ(members_of(after->tags), Names{"kept"});
    EXPECT_EQ(text_at(make("again", with("stagingResourceGroup", "\"" + group_id("mine") + "\"")),
                      "properties.provisioningState"),
              "Succeeded");
}

// Recorded: clients write it without its first slash, and the service takes it.
TEST_F(ImageTemplateProvisioning, TakesAGroupWithoutItsFirstSlash) {
    world.make_group("mine");
    const auto shown =
        make("t", with("stagingResourceGroup", "\"" + group_id("mine").substr(1) + "\""));
    EXPECT_EQ(text_at(shown, "properties.provisioningState"), "Succeeded")
        << text_at(shown, "properties.provisioningError.message");
    EXPECT_EQ(group_of(shown).name(), "mine");
}

TEST_F(ImageTemplateProvisioning, RefusesAGroupThatIsNotFree) {
    const auto at_group = [&](const std::string& name) {
        return with("stagingResourceGroup", "\"" + group_id(name) + "\"");
    };
    expect_failure(at_group("rg"), "BadStagingResourceGroup", "it is not empty");
    world.make_group("far", "eastus");
    expect_failure(at_group("far"), "BadStagingResourceGroup", "'eastus'");
    world.make_group("mine");
    make("other", at_group("mine"));
    expect_failure(at_group("mine"), "BadStagingResourceGroup", "another template uses it");
    EXPECT_EQ(tag(group_of(world.get(template_url("other"))), "imageTemplateName"), "other");
    world.remove(url);
    const auto foreign = with("stagingResourceGroup",
                              "\"/subscriptions/22222222-0000-0000-0000-000000000000"
                              "/resourceGroups/x\"");
    expect_failure(
        foreign, "BadStagingResourceGroup", "not a group of the template's subscription");
}

TEST_F(ImageTemplateProvisioning, PutsManagedTagsOnTheGroup) {
    world.api_version = "2024-02-01";
    const auto shown = make("t", with("managedResourceTags", R"({"cost": "7"})"));
    EXPECT_EQ(tag(group_of(shown), "cost"), "7");
    EXPECT_EQ(text_at(shown, "properties.managedResourceTags.cost"), "7");
}

// At its start the service takes up whatever was under way, and not all of that is a template's.
TEST_F(ImageTemplateProvisioning, LeavesOtherOperationsAlone) {
    make("t");
    resources::Change change;
    change.operations.push_back({.id = "of-a-group",
                                 .resource_key = base::to_lower(group_id("rg")),
                                 .started = base::now()});
    change.operations.push_back({.id = "of-a-run",
                                 .resource_key = base::to_lower(url),
                                 .run_id = "run",
                                 .started = base::now()});
    static_cast<void>(world.resources.apply(change));
    const auto before = world.get(url).body;
    to_provision = {"of-a-group", "of-a-run", "of-nothing"};
    provision();
    EXPECT_EQ(world.get(url).body, before);
    const auto group = world.resources.find(base::to_lower(group_id("rg")));
    EXPECT_EQ(text_in(group->properties(), "provisioningState"), "Succeeded");
    EXPECT_EQ(world.resources.find_operation("of-a-group")->status,
              resources::OperationStatus::InProgress);
}

// As after a crash between two steps: nothing is made twice.
TEST_F(ImageTemplateProvisioning, CanBeRepeated) {
    server.serve("/s.sh", {{.body = "true", .stalls = true}, {.body = "true"}});
    submit("t", with_script("/s.sh"));
    const auto operation = to_provision.front();
    const base::Cancellation cancelled;
    cancelled.cancel(base::CancelCause::User);
    EXPECT_THROW(TemplateProvisioning(world.services, life).carry_out(operation, cancelled),
                 base::Cancelled);
    const auto halfway = world.get(url);
    EXPECT_EQ(text_at(halfway, "properties.provisioningState"), "Creating");
    const auto groups = world.resources.list({.type = "Microsoft.Resources/resourceGroups"});
    server.serve("/s.sh", {{.body = "true"}});
    provision();
    EXPECT_EQ(text_at(world.get(url), "properties.provisioningState"), "Succeeded");
    EXPECT_EQ(world.resources.list({.type = "Microsoft.Resources/resourceGroups"}).size(),
              std::max<std::size_t>(groups.size(), 2));
    to_provision = {operation};
    const auto done = world.get(url).body;
    provision();  // ended before: nothing happens
    EXPECT_EQ(world.get(url).body, done);
}

}  // namespace
}  // namespace ingot::providers
