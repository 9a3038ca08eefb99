// SPDX-License-Identifier: Apache-2.0
// What may be done to an image template when: changes, runs, cancelling, deletion; and what its
// runs leave to be read. Runs are records here, written as a worker writes them.
#include "templates/reader.h"
#include "unit/providers/image_templates_world.h"

namespace ingot::providers {
namespace {

using boost::json::parse;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Names = std::vector<std::string>;

class ImageTemplateLife : public ImageTemplatesTest {
  public:
    const std::string url = template_url("t");
};

TEST_F(ImageTemplateLife, IsNotReplaced) {
    const auto made = make("t");
    for (const auto& version : all_versions()) {
        world.api_version = version;
        const auto refused = submit("t", minimal());
        EXPECT_EQ(refused.status, 409) << version;
        EXPECT_EQ(any_code(refused), "Conflict");
        EXPECT_EQ(any_message(refused),
                  "Update/Upgrade of image templates is currently not supported");
    }
    world.api_version = "2021-10-01";
    EXPECT_EQ(world.get(url).body, made.body);
}

TEST_F(ImageTemplateLife, HonoursPreconditions) {
    world.if_none_match = "*";
    EXPECT_EQ(submit("t", minimal()).status, 201);
    EXPECT_EQ(submit("t", minimal()).status, 412);
    world.if_none_match.clear();
    provision();
    const auto etag = header_of(world.get(url), "ETag");
    world.if_match = "\"another\"";
    EXPECT_EQ(world.patch(url, R"({"tags": {"a": "b"}})").status, 412);
    EXPECT_EQ(world.remove(url).status, 412);
    world.if_match = etag;
    EXPECT_EQ(world.patch(url, R"({"tags": {"a": "b"}})").status, 200);
    EXPECT_EQ(world.remove(url).status, 412);
    world.if_match = "*";
    EXPECT_EQ(world.remove(url).status, 202);
}

TEST_F(ImageTemplateLife, TakesTagsInEveryApiVersion) {
    make("t");
    for (const auto& version : all_versions()) {
        world.api_version = version;
        const auto patched = world.patch(
            url, R"({"tags": {"last": ")" + version + R"(", "v)" + version + R"(": "1"}})");
        EXPECT_EQ(patched.status, 200) << version << any_message(patched);
        EXPECT_EQ(text_at(patched, "tags.last"), version);
    }
    EXPECT_EQ(at(world.get(url).body, "tags").as_object().size(), 1 + all_versions().size());
    EXPECT_EQ(world.patch(url, R"({"tags": {"last": null}})").status, 200);
    EXPECT_FALSE(at(world.get(url).body, "tags").as_object().contains("last"));
    for (const auto* wrong :
         {R"({"tags": {"a": 7}})", R"({"tags": []})", R"({"tags": {"a": {}}})"}) {
        EXPECT_EQ(world.patch(url, wrong).status, 400) << wrong;
    }
}

TEST_F(ImageTemplateLife, SwapsItsIdentity) {
    make("t");
    const auto other = in_rg("Microsoft.ManagedIdentity/userAssignedIdentities/other");
    world.put(other + "?api-version=2018-11-30", R"({"location": "westus2"})");
    const auto ids = [&] {
        return members_of(at(world.get(url).body, "identity.userAssignedIdentities"));
    };
    const auto assign = [&](const std::string& id, const std::string& value) {
        return world.patch(url,
                           R"({"identity": {"type": "UserAssigned", "userAssignedIdentities": {")" +
                               id + "\": " + value + "}}}");
    };
    EXPECT_EQ(assign(other, "{}").status, 200);
    EXPECT_EQ(ids(), Names{other});
    EXPECT_EQ(assign(base::to_lower(other), "null").status, 400);  // none would remain
    EXPECT_EQ(assign("no id", "{}").status, 400);
    EXPECT_EQ(ids(), Names{other});
    EXPECT_EQ(world.patch(url, R"({"identity": {"type": "None"}})").status, 200);
    EXPECT_EQ(ids(), Names{});
    EXPECT_EQ(world.patch(url, R"({"identity": 7})").status, 400);
    EXPECT_EQ(assign(identity, "{}").status, 200);
    EXPECT_EQ(ids(), Names{identity});
}

TEST_F(ImageTemplateLife, DoesNotRunWithoutAnIdentity) {
    make("t");
    EXPECT_EQ(world.patch(url, R"({"identity": {"type": "None"}})").status, 200);
    const auto refused = world.post(url + "/run");
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(error_message(refused),
              "Managed identity is required for building this template using current API version");
    EXPECT_EQ(runs_recorded, 0);
}

TEST_F(ImageTemplateLife, ChangesItsTargetsSince2023) {
    const auto target = [](const std::string& output, const std::string& image) {
        return R"({"type": "ManagedImage", "runOutputName": ")" + output +
               R"(", "location": "westus2", "imageId": ")" +
               in_rg("Microsoft.Compute/images/" + image) + "\"}";
    };
    make("t");
    const auto patch = [&](const std::string& targets) {
        return world.patch(url, R"({"properties": {"distribute": [)" + targets + "]}}");
    };
    for (const auto& version : all_versions()) {
        world.api_version = version;
        const auto both = target("out", "other") + "," + target("more", "more");
        EXPECT_EQ(patch(both).status, version >= "2023-07-01" ? 200 : 400) << version;
    }
    const auto changed = world.get(url);
    EXPECT_THAT(text_at(changed, "properties.distribute.0.imageId"), HasSubstr("/images/other"));
    EXPECT_EQ(text_at(changed, "properties.distribute.1.runOutputName"), "more");
    EXPECT_EQ(text_at(changed, "properties.exactStagingResourceGroup"),
              text_at(world.get(url), "properties.exactStagingResourceGroup"));
    const auto dropped = patch(target("out", "img"));
    EXPECT_EQ(dropped.status, 400);
    EXPECT_EQ(error_message(dropped),
              "Validation failed: Distribute target with Runoutput name more not found in the "
              "update request. Deleting a distribution target is not allowed.");
    EXPECT_EQ(patch(target("out", "a") + "," + target("more", "a") + ",{}").status, 400);
    EXPECT_EQ(patch("7").status, 400);
    EXPECT_EQ(world.get(url).body, changed.body);
}

TEST_F(ImageTemplateLife, ChecksNewTargetsLikeThoseOfAPut) {
    world.api_version = "2023-07-01";
    make("t");
    const auto patch = [&](const std::string& image) {
        return world.patch(
            url,
            R"({"properties": {"distribute": [{"type": "ManagedImage", "runOutputName": "out",)"
            R"("location": "westus2", "imageId": ")" +
                image + R"("}]}})");
    };
    const auto other = in_rg("Microsoft.Compute/images/other");
    identity_may = [&](const auto& /*action*/, const auto& scope) { return scope != other; };
    const auto refused = patch(other);
    EXPECT_EQ(refused.status, 403);
    EXPECT_THAT(any_message(refused), HasSubstr(other));
    identity_may = [](const auto& /*action*/, const auto& /*scope*/) { return true; };
    EXPECT_EQ(patch(other).status, 200);
    EXPECT_EQ(patch("/subscriptions/" + kSubscription +
                    "/resourceGroups/absent/providers/Microsoft.Compute/images/x")
                  .status,
              404);
}

TEST_F(ImageTemplateLife, ChangesItsVmProfileSince2024) {
    make("t");
    for (const auto& version : all_versions()) {
        world.api_version = version;
        const auto patched =
            world.patch(url, R"({"properties": {"vmProfile": {"vmSize": "Standard_D4s_v3"}}})");
        EXPECT_EQ(patched.status, version >= "2024-02-01" ? 200 : 400) << version;
    }
    EXPECT_EQ(text_at(world.get(url), "properties.vmProfile.vmSize"), "Standard_D4s_v3");
    for (const auto* other : {"source", "customize", "buildTimeoutInMinutes", "nothing"}) {
        const auto refused =
            world.patch(url, std::string(R"({"properties": {")") + other + R"(": null}})");
        EXPECT_EQ(refused.status, 400) << other;
        EXPECT_EQ(error_code(refused), "ValidationFailed");
    }
    EXPECT_EQ(world.patch(url, R"({"properties": {"vmProfile": {"vmsize": "x"}}})").status, 400);
    EXPECT_EQ(world.patch(url, R"({"properties": 7})").status, 400);
    EXPECT_EQ(world.patch(url, "[]").status, 400);
}

TEST_F(ImageTemplateLife, RefusesMembersThatNoPatchHasSince2024) {
    make("t");
    EXPECT_EQ(world.patch(url, R"({"location": "eastus"})").status, 200);
    EXPECT_EQ(text_at(world.get(url), "location"), "westus2");
    world.api_version = "2024-02-01";
    const auto refused = world.patch(url, R"({"location": "eastus"})");
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(error_message(refused), HasSubstr("unknown field \"location\""));
}

TEST_F(ImageTemplateLife, RunsOnceItIsProvisioned) {
    submit("t", minimal());
    const auto early = world.post(url + "/run");
    EXPECT_EQ(early.status, 409);
    EXPECT_EQ(error_code(early), "OperationNotAllowed");
    EXPECT_EQ(error_message(early),
              "Operation Microsoft.VirtualMachineImages/imageTemplates/run is not allowed in "
              "provisioning state: creating or run state: none.");
    provision();
    const auto accepted = world.post(url + "/Run");
    EXPECT_EQ(accepted.status, 202);
    EXPECT_TRUE(accepted.body.is_null());
    EXPECT_EQ(header_of(accepted, "Location"), header_of(accepted, "Azure-AsyncOperation"));
    EXPECT_EQ(runs_recorded, 1);
    const auto again = world.post(url + "/run");
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(error_message(again),
              "Operation Microsoft.VirtualMachineImages/imageTemplates/run is not allowed in "
              "provisioning state: provisioned or run state: running.");
    EXPECT_EQ(runs_recorded, 1);
    EXPECT_EQ(world.post(template_url("none") + "/run").status, 404);
}

// A worker reads the newest api-version only.
TEST_F(ImageTemplateLife, GivesAWorkerTheTemplateOfAnyApiVersion) {
    for (const auto& version : all_versions()) {
        SCOPED_TRACE(version);
        world.api_version = version;
        const auto name = "t" + version.substr(0, 10);
        make(name);
        EXPECT_EQ(world.post(template_url(name) + "/run").status, 202);
        const auto given = last_run(name).template_json;
        const auto read = templates::read_template(given, {});
        ASSERT_TRUE(read.image_template) << given;
        EXPECT_EQ(read.image_template->name, name);
        EXPECT_EQ(read.image_template->distribute.at(0).run_output_name, "out");
    }
}

TEST_F(ImageTemplateLife, ShowsItsRunAsItGoes) {
    const auto made = make("t");
    EXPECT_FALSE(at(made.body, "properties").as_object().contains("lastRunStatus"));
    const auto accepted = world.post(url + "/run");
    const auto status = [&](const std::string& version = "2021-10-01") {
        return at(world.get(url + "?api-version=" + version).body, "properties.lastRunStatus");
    };
    EXPECT_EQ(status().at("runState"), "Running");
    EXPECT_EQ(status().at("runSubState"), "Queued");
    EXPECT_EQ(status().at("endTime"), "0001-01-01T00:00:00Z");
    EXPECT_EQ(status().at("message"), "");
    EXPECT_EQ(status("2018-02-01-preview").at("runState"), "running");
    EXPECT_EQ(status("2018-02-01-preview").at("runSubState"), "queued");
    set_run("t", build::RunState::Running, build::RunSubState::Customizing);
    EXPECT_EQ(status().at("runSubState"), "Customizing");
    set_run("t", build::RunState::Canceling);
    EXPECT_EQ(status().at("message"), "Canceling image build");
    EXPECT_FALSE(status().as_object().contains("runSubState"));
    EXPECT_EQ(text_at(operation_of(accepted), "status"), "InProgress");
    set_run("t", build::RunState::Canceled);
    EXPECT_EQ(status().at("runState"), "Canceled");
    EXPECT_NE(status().at("endTime"), "0001-01-01T00:00:00Z");
    EXPECT_EQ(text_at(operation_of(accepted), "status"), "Canceled");
    EXPECT_EQ(text_at(world.get(url), "properties.provisioningState"), "Succeeded");
}

TEST_F(ImageTemplateLife, TellsWhyARunFailed) {
    make("t");
    const auto accepted = world.post(url + "/run");
    set_run("t",
            build::RunState::Failed,
            build::RunSubState::None,
            {build::FailureCause::Customizer, "CustomizerFailed", "it broke", "customize[0]"});
    EXPECT_EQ(text_at(world.get(url), "properties.lastRunStatus.message"), "it broke");
    const auto operation = operation_of(accepted);
    EXPECT_EQ(operation.status, 200);
    EXPECT_EQ(text_at(operation, "status"), "Failed");
    EXPECT_EQ(text_at(operation, "error.code"), "CustomizerFailed");
    EXPECT_EQ(text_at(operation, "error.message"), "it broke");
    EXPECT_EQ(world.post(url + "/run").status, 202);
    set_run("t", build::RunState::PartiallySucceeded);
    EXPECT_EQ(text_at(world.get(url), "properties.lastRunStatus.runState"), "PartiallySucceeded");
}

TEST_F(ImageTemplateLife, IsCanceledWhileItRuns) {
    make("t");
    const auto idle = world.post(url + "/cancel");
    EXPECT_EQ(idle.status, 409);
    EXPECT_EQ(error_code(idle), "OperationNotAllowed");
    EXPECT_THAT(error_message(idle), HasSubstr("imageTemplates/cancel/action is not allowed"));
    world.post(url + "/run");
    const auto accepted = world.post(url + "/Cancel");
    EXPECT_EQ(accepted.status, 204);
    EXPECT_TRUE(accepted.body.is_null());
    EXPECT_EQ(header_of(accepted, "Azure-AsyncOperation"), "");
    EXPECT_THAT(canceled, ElementsAre(last_run("t").id));
    set_run("t", build::RunState::Canceling);
    EXPECT_EQ(error_message(world.post(url + "/cancel")),
              "Operation Microsoft.VirtualMachineImages/imageTemplates/cancel/action is not "
              "allowed in provisioning state: provisioned or run state: canceling.");
    EXPECT_THAT(canceled, SizeIs(1));
}

TEST_F(ImageTemplateLife, IsNotDeletedWhileItRuns) {
    make("t");
    world.post(url + "/run");
    const auto refused = world.remove(url);
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(error_code(refused), "OperationNotAllowed");
    EXPECT_EQ(error_message(refused),
              "Operation Microsoft.VirtualMachineImages/imageTemplates/delete is not allowed in "
              "provisioning state: provisioned or run state: running.");
    set_run("t", build::RunState::Succeeded);
    const auto accepted = world.remove(url);
    EXPECT_EQ(accepted.status, 202);
    EXPECT_TRUE(accepted.body.is_null());
    EXPECT_EQ(header_of(accepted, "Location"), header_of(accepted, "Azure-AsyncOperation"));
    EXPECT_EQ(text_at(operation_of(accepted), "status"), "Succeeded");
    EXPECT_EQ(world.get(url).status, 404);
    EXPECT_EQ(world.remove(url).status, 204);
}

// A group is removed with all that is in it or not at all, so each template is asked before.
TEST_F(ImageTemplateLife, StandsAgainstTheRemovalOfItsGroupWhileItRuns) {
    const auto* type = world.router().type_named("Microsoft.VirtualMachineImages/imageTemplates");
    ASSERT_NE(type, nullptr);
    ASSERT_TRUE(type->check_removal);
    resources::Call call;
    call.path = resources::RequestPath::parse(url).value();
    EXPECT_NO_THROW(type->check_removal(call));
    make("t");
    EXPECT_NO_THROW(type->check_removal(call));
    world.post(url + "/run");
    EXPECT_THROW(type->check_removal(call), base::Error);
    set_run("t", build::RunState::Failed);
    EXPECT_NO_THROW(type->check_removal(call));
}

TEST_F(ImageTemplateLife, CanBeDeletedWithoutItsStagingGroup) {
    world.api_version = "2022-07-01";
    const auto staging = text_at(make("t"), "properties.exactStagingResourceGroup");
    resources::Change change;
    change.removals.push_back({base::to_lower(staging), resources::Expectation::anything()});
    static_cast<void>(world.resources.apply(change));
    EXPECT_EQ(world.remove(url).status, 202);
    EXPECT_EQ(world.get(url).status, 404);
}

TEST_F(ImageTemplateLife, IsNotDeletedWhileItIsMade) {
    submit("t", minimal());
    EXPECT_EQ(world.remove(url).status, 409);
    provision();
    EXPECT_EQ(world.remove(url).status, 202);
}

TEST_F(ImageTemplateLife, TakesEverythingOfItsOwnWithIt) {
    world.api_version = "2022-07-01";
    const auto made = make("t");
    EXPECT_EQ(world.put(url + "/triggers/tr", R"({"properties": {"kind": "SourceImage"}})").status,
              201);
    const auto staging = text_at(made, "properties.exactStagingResourceGroup");
    EXPECT_TRUE(world.resources.find(base::to_lower(staging)));
    world.remove(url);
    EXPECT_FALSE(world.resources.find(base::to_lower(staging)));
    EXPECT_THAT(world.resources.list({.below = base::to_lower(url)}), IsEmpty());
}

// Somebody else's resources that were put into the group meanwhile must not stay without a group.
TEST_F(ImageTemplateLife, LeavesAGroupThatSomebodyElseUses) {
    world.api_version = "2022-07-01";
    const auto staging = text_at(make("t"), "properties.exactStagingResourceGroup");
    const auto inside = staging + "/providers/Microsoft.Compute/galleries/inside";
    EXPECT_EQ(world.put(inside + "?api-version=2021-07-01", R"({"location": "westus2"})").status,
              201);
    EXPECT_EQ(world.remove(url).status, 202);
    EXPECT_TRUE(world.resources.find(base::to_lower(inside)));
    const auto group = world.resources.find(base::to_lower(staging));
    ASSERT_TRUE(group);
    EXPECT_THAT(group->tags, IsEmpty());
}

// The next template of that name is another template.
TEST_F(ImageTemplateLife, TakesItsRunsWithIt) {
    make("t");
    run_to_its_end("t");
    world.images.publish(gallery::Vhd{.name = "t_1.vhd",
                                      .uri = "file:///vhds/t_1.vhd",
                                      .provenance = {.run_id = last_run("t").id},
                                      .created = base::now()},
                         {.run_id = last_run("t").id, .name = "out"});
    world.remove(url);
    EXPECT_EQ(world.get(url + "/runOutputs").status, 404);
    EXPECT_EQ(world.get(url + "/runOutputs/out").status, 404);
    const auto again = make("t");
    EXPECT_FALSE(at(again.body, "properties").as_object().contains("lastRunStatus"));
    EXPECT_THAT(names_in(world.get(url + "/runOutputs").body), IsEmpty());
    EXPECT_THAT(names_in(world.get(url + "/runs").body), IsEmpty());
    EXPECT_EQ(world.post(url + "/cancel").status, 409);
    EXPECT_EQ(world.post(url + "/run").status, 202);
}

TEST_F(ImageTemplateLife, TakesTheVhdsOfAllItsRunsWithIt) {
    make("t");
    for (const auto* name : {"t_1.vhd", "t_2.vhd"}) {
        run_to_its_end("t");
        world.images.publish(gallery::Vhd{.name = name,
                                          .uri = std::string("file:///vhds/") + name,
                                          .provenance = {.run_id = last_run("t").id},
                                          .created = base::now()},
                             {.run_id = last_run("t").id, .name = "out"});
    }
    world.remove(url);
    EXPECT_THAT(world.images.vhds(), IsEmpty());
}

TEST_F(ImageTemplateLife, ShowsWhatItsLastRunPublished) {
    make("t");
    EXPECT_THAT(names_in(world.get(url + "/runOutputs").body), IsEmpty());
    run_to_its_end("t");
    const auto id = in_rg("Microsoft.Compute/images/img");
    world.images.publish(gallery::ManagedImage{.id = id, .created = base::now()},
                         {.run_id = last_run("t").id, .name = "out", .artifact_id = id});
    world.images.publish(
        gallery::Vhd{.name = "t_1.vhd",
                     .uri = "file:///vhds/t_1.vhd",
                     .provenance = {.run_id = last_run("t").id},
                     .created = base::now()},
        {.run_id = last_run("t").id, .name = "disk", .artifact_uri = "file:///vhds/t_1.vhd"});
    const auto image = world.get(url + "/runoutputs/OUT");
    EXPECT_EQ(image.status, 200);
    EXPECT_EQ(text_at(image, "properties.artifactId"), id);
    EXPECT_EQ(text_at(image, "properties.provisioningState"), "Succeeded");
    EXPECT_FALSE(at(image.body, "properties").as_object().contains("artifactUri"));
    EXPECT_EQ(text_at(image, "type"), "Microsoft.VirtualMachineImages/imageTemplates/runOutputs");
    EXPECT_EQ(text_at(image, "id"), text_at(world.get(url), "id") + "/runOutputs/out");
    for (const auto& version : all_versions()) {
        const auto vhd = world.get(url + "/runOutputs/disk?api-version=" + version);
        EXPECT_EQ(text_at(vhd, "properties.artifactUri"),
                  std::string("https://localhost:8443/vhds/t_1.vhd") +
                      (version <= "2020-02-14" ? "?sig=s" : ""));
    }
    EXPECT_EQ(text_at(world.post(url + "/runOutputs/disk/sas"), "uri"),
              "https://localhost:8443/vhds/t_1.vhd?sig=s");
    EXPECT_EQ(world.post(url + "/runOutputs/out/sas").status, 400);
    EXPECT_EQ(world.get(url + "/runOutputs/none").status, 404);
    run_to_its_end("t");
    EXPECT_THAT(names_in(world.get(url + "/runOutputs").body), IsEmpty());
}

TEST_F(ImageTemplateLife, TellsTheStoryOfEachRun) {
    make("t");
    run_to_its_end("t");
    const auto first = last_run("t").id;
    using enum build::EventKind;
    const std::vector<build::RunEvent> events = {
        {.time = base::now(), .kind = StepStarted, .step = "customize[0]", .title = "Shell"},
        {.time = base::now(), .kind = Output, .step = "customize[0]", .text = "a \"line\"\nmore"},
        {.time = base::now(),
         .kind = StepFinished,
         .step = "customize[0]",
         .text = "why",
         .exit_code = 3}};
    world.runs.append(first, events);
    run_to_its_end("t", build::RunState::Failed);
    EXPECT_THAT(names_in(world.get(url + "/runs").body), ElementsAre(last_run("t").id, first));
    const auto shown = world.get(url + "/runs/" + first);
    EXPECT_EQ(text_at(shown, "properties.runState"), "Succeeded");
    EXPECT_EQ(text_at(shown, "properties.steps.0.id"), "customize[0]");
    EXPECT_EQ(at(shown.body, "properties.steps.0.exitCode"), 3);
    EXPECT_EQ(text_at(shown, "properties.steps.0.cause"), "why");
    EXPECT_EQ(world.get(template_url("other") + "/runs/" + first).status, 404);
    const auto log = world.get(url + "/runs/" + first + "/logs").live();
    EXPECT_THAT(log.text, HasSubstr("a \"line\""));
    EXPECT_TRUE(log.ended);
    const auto feed = world.get(url + "/runs/" + first + "/events?after=1").live();
    EXPECT_THAT(feed.text, testing::Not(HasSubstr("event: StepStarted")));
    EXPECT_THAT(feed.text, HasSubstr("event: end\ndata: {"));
    EXPECT_THAT(feed.text, HasSubstr(R"(a \"line\"\nmore)"));
}

TEST_F(ImageTemplateLife, FollowsARunUntilItEnds) {
    make("t");
    world.post(url + "/run");
    const auto run = url + "/runs/" + last_run("t").id;
    const auto feed = world.get(run + "/logs?follow=true");
    EXPECT_FALSE(feed.live().ended);
    set_run("t", build::RunState::Succeeded);
    EXPECT_TRUE(feed.live().ended);
    EXPECT_TRUE(world.get(run + "/logs").live().ended);
}

class ImageTemplateTriggers : public ImageTemplatesTest {
  protected:
    ImageTemplateTriggers() { world.api_version = "2022-07-01"; }

    resources::Answer put_trigger(const std::string& name,
                                  const std::string& kind = "SourceImage") {
        return world.put(url + "/triggers/" + name,
                         R"({"location": "westus2", "properties": {"kind": ")" + kind + "\"}}");
    }

  public:
    const std::string url = template_url("t");
};

TEST_F(ImageTemplateTriggers, AreKeptAndShown) {
    make("t");
    const auto made = put_trigger("source");
    EXPECT_EQ(made.status, 201) << error_message(made);
    EXPECT_EQ(text_at(made, "name"), "source");
    EXPECT_EQ(text_at(made, "type"), "Microsoft.VirtualMachineImages/imageTemplates/triggers");
    EXPECT_EQ(text_at(made, "properties.kind"), "SourceImage");
    EXPECT_EQ(text_at(made, "properties.status.code"), "Healthy");
    EXPECT_EQ(text_at(made, "properties.provisioningState"), "Succeeded");
    EXPECT_FALSE(made.body.as_object().contains("location"));
    EXPECT_EQ(put_trigger("source").status, 200);
    EXPECT_EQ(names_in(world.get(url + "/triggers").body), Names{"source"});
    EXPECT_EQ(put_trigger("source", "Other").status, 400);
    EXPECT_EQ(world.remove(url + "/triggers/source").status,
              world.api_version < "2023-07-01" ? 200 : 202);
    EXPECT_EQ(world.remove(url + "/triggers/source").status, 204);
    EXPECT_EQ(world.get(url + "/triggers/source").status, 404);
}

TEST_F(ImageTemplateTriggers, AreRemovedByAnOperationSince2023) {
    make("t");
    for (const auto* version : {"2023-07-01", "2025-10-01"}) {
        world.api_version = version;
        EXPECT_EQ(put_trigger("source").status, 201);
        const auto removed = world.remove(url + "/triggers/source");
        EXPECT_EQ(removed.status, 202);
        EXPECT_EQ(header_of(removed, "Location"), header_of(removed, "Azure-AsyncOperation"));
        EXPECT_EQ(text_at(operation_of(removed), "status"), "Succeeded");
    }
}

TEST_F(ImageTemplateTriggers, CameIn2022) {
    make("t");
    for (const auto& version : all_versions()) {
        world.api_version = version;
        EXPECT_EQ(put_trigger("source").status < 300, version >= "2022-07-01") << version;
    }
}

TEST_F(ImageTemplateTriggers, NeedATemplateThatIsReady) {
    EXPECT_EQ(put_trigger("source").status, 404);
    submit("t", minimal());
    EXPECT_EQ(put_trigger("source").status, 409);
    provision();
    EXPECT_EQ(put_trigger("source").status, 201);
}

TEST_F(ImageTemplateTriggers, AreOneToATemplateAndOfOneKind) {
    make("t");
    EXPECT_EQ(put_trigger("source").status, 201);
    EXPECT_EQ(put_trigger("second").status, 400);
    world.remove(url + "/triggers/source");
    EXPECT_EQ(put_trigger("second", "sourceimage").status, 400);
    EXPECT_EQ(put_trigger("second").status, 201);
    EXPECT_EQ(put_trigger("name with space").status, 400);
    EXPECT_EQ(put_trigger(std::string(65, 'x')).status, 400);
}

TEST_F(ImageTemplateTriggers, NeedALatestSourceAndNoNumberedTarget) {
    make("t",
         with("source",
              R"({"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12",)"
              R"( "sku": "12", "version": "12.0.1"})"));
    EXPECT_EQ(put_trigger("source").status, 400);
    world.remove(url);
    make_definition("from");
    make_definition("to");
    publish_version("from", "1.0.0");
    const auto definition = [](const std::string& name) {
        return in_rg("Microsoft.Compute/galleries/g/images/" + name);
    };
    const auto status = [&](const std::string& source, const std::string& target) {
        auto body = with("source",
                         R"({"type": "SharedImageVersion", "imageVersionId": ")" + source + "\"}");
        body["properties"].get_object()["distribute"] =
            parse(R"([{"type": "SharedImage", "runOutputName": "o", "galleryImageId": ")" + target +
                  R"(", "replicationRegions": ["westus2"]}])");
        const auto made = make("t", body);
        EXPECT_EQ(text_at(made, "properties.provisioningState"), "Succeeded")
            << text_at(made, "properties.provisioningError.message");
        const int answered = put_trigger("source").status;
        world.remove(url);
        return answered;
    };
    EXPECT_EQ(status(definition("from") + "/versions/1.0.0", definition("to")), 400);
    EXPECT_EQ(status(definition("from") + "/versions/latest", definition("to")), 201);
    EXPECT_EQ(status(definition("from") + "/versions/Latest", definition("to")), 201);
    EXPECT_EQ(status(definition("from") + "/versions/latest", definition("to") + "/versions/2.0.0"),
              400);
    EXPECT_EQ(status(definition("from") + "/versions/latest", base::to_lower(definition("from"))),
              400);
}

}  // namespace
}  // namespace ingot::providers
