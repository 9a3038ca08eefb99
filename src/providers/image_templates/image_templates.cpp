// SPDX-License-Identifier: Apache-2.0
#include "providers/image_templates/image_templates.h"

#include "arm/resource_id.h"
#include "base/ascii.h"
#include "base/error.h"
#include "base/uuid.h"
#include "providers/image_templates/operation_answers.h"
#include "providers/image_templates/template_checks.h"
#include "providers/image_templates/template_document.h"
#include "providers/image_templates/template_patch.h"
#include "providers/image_templates/template_provisioning.h"
#include "providers/image_templates/template_runs.h"
#include "resources/documents.h"
#include "resources/request_path.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using resources::Answer;
using resources::Call;
using resources::Change;
using resources::Expectation;
using resources::Operation;
using resources::Resource;
using templates::ApiVersion;

// The service's own words for a template's states.
std::string provisioning_word(const Resource& stored) {
    const auto state = text_in(stored.properties(), "provisioningState");
    return state == "Succeeded" ? "provisioned" : base::to_lower(state);
}

std::string run_word(const std::optional<build::Run>& run) {
    return run ? base::to_lower(to_string(run->state)) : "none";
}

Error not_allowed(std::string_view operation,
                  const Resource& stored,
                  const std::optional<build::Run>& run) {
    return {ErrorKind::Conflict,
            "OperationNotAllowed",
            fmt::format("Operation Microsoft.VirtualMachineImages/imageTemplates/{} is not allowed "
                        "in provisioning state: {} or run state: {}.",
                        operation,
                        provisioning_word(stored),
                        run_word(run))};
}

bool is_active(const std::optional<build::Run>& run) {
    return run && !build::is_final(run->state);
}

class ImageTemplates {
  public:
    ImageTemplates(const Services& services, const TemplateLife& life)
        : services_(services), life_(life) {}

    [[nodiscard]] Answer get(const Call& call) const {
        return shown(call, resources::require(services_.resources, call));
    }

    [[nodiscard]] Answer list(const Call& call) const {
        resources::ResourceType type;
        type.name = kImageTemplates;
        return resources::list_page(
            call, type, services_.resources, {}, [&](const Resource& stored) {
                return template_document(stored, last_run(stored), version_of(call));
            });
    }

    [[nodiscard]] Answer put(const Call& call) const {
        const auto known = services_.resources.find(call.path.key());
        const auto expectation = resources::expectation_of(call, known ? &*known : nullptr);
        auto stored = read_submitted(call);
        if (known) {
            throw Error(ErrorKind::Conflict,
                        "Conflict",
                        "Update/Upgrade of image templates is currently not supported");
        }
        prepare(call, stored);
        const auto operation = new_operation(call, resources::key_of(stored.id));
        Change change;
        change.writes.push_back({stored, expectation});
        change.operations.push_back(operation);
        change.activities.push_back(activity(call, "write", stored.id));
        stored.etag = services_.resources.apply(change);
        life_.provision(operation.id);
        auto answer = shown(call, stored);
        answer.status = 201;
        point_to(operation, call, stored.location, PollBy::AsyncOperation, answer);
        return answer;
    }

    [[nodiscard]] Answer patch(const Call& call) const {
        return resources::write_in_turn(call, [&] { return patch_once(call); });
    }

    [[nodiscard]] Answer remove(const Call& call) const {
        return resources::write_in_turn(call, [&] { return remove_once(call); });
    }

    [[nodiscard]] Answer patch_once(const Call& call) const {
        const auto known = resources::require(services_.resources, call);
        auto wanted = patched(call, known);
        if (text_in(known.properties(), "provisioningState") == "Creating") {
            throw not_allowed("write", known, last_run(known));
        }
        check_changes(call, wanted);
        const auto identity = identity_of(wanted);
        if (const auto found =
                identity ? services_.resources.find(resources::key_of(*identity)) : std::nullopt) {
            fill_identity(wanted, *found);
        }
        Change change;
        change.writes.push_back({wanted, resources::expectation_of(call, &known)});
        change.activities.push_back(activity(call, "write", known.id));
        wanted.etag = services_.resources.apply(change);
        return shown(call, wanted);
    }

    [[nodiscard]] Answer remove_once(const Call& call) const {
        const auto stored = services_.resources.find(call.path.key());
        if (!stored) {
            return resources::no_content();
        }
        refuse_removal_of(*stored);
        auto operation = new_operation(call, call.path.key());
        operation.status = resources::OperationStatus::Succeeded;
        operation.ended = operation.started;
        auto change = removal_of(*stored);
        change.removals.front().expectation = resources::expectation_of(call, &*stored);
        change.operations.push_back(operation);
        change.activities.push_back(activity(call, "delete", stored->id));
        static_cast<void>(services_.resources.apply(change));
        remove_files(*stored);
        Answer answer;
        answer.status = 202;
        point_to(operation, call, stored->location, PollBy::AsyncOperationAndLocation, answer);
        return answer;
    }

    // Asked before the group around it is removed, too.
    void check_removal(const Call& call) const {
        if (const auto stored = services_.resources.find(call.path.key())) {
            refuse_removal_of(*stored);
        }
    }

    [[nodiscard]] Answer run(const Call& call) const {
        const auto stored = resources::require(services_.resources, call);
        if (text_in(stored.properties(), "provisioningState") != "Succeeded") {
            throw not_allowed("run", stored, last_run(stored));
        }
        check_identity(call, stored);
        const auto run = start_run(stored);
        auto operation = new_operation(call, call.path.key());
        operation.run_id = run.id;
        Change change;
        change.operations.push_back(operation);
        change.activities.push_back(activity(call, "run/action", stored.id));
        static_cast<void>(services_.resources.apply(change));
        life_.run_recorded();
        Answer answer;
        answer.status = 202;
        point_to(operation, call, stored.location, PollBy::AsyncOperationAndLocation, answer);
        return answer;
    }

    [[nodiscard]] Answer cancel(const Call& call) const {
        const auto stored = resources::require(services_.resources, call);
        const auto run = last_run(stored);
        if (!run || run->state != build::RunState::Running) {
            throw not_allowed("cancel/action", stored, run);
        }
        life_.cancel_run(run->id);
        Change change;
        change.activities.push_back(activity(call, "cancel/action", stored.id));
        static_cast<void>(services_.resources.apply(change));
        return resources::no_content();
    }

  private:
    void refuse_removal_of(const Resource& stored) const {
        const auto run = last_run(stored);
        if (is_active(run) || text_in(stored.properties(), "provisioningState") == "Creating") {
            throw not_allowed("delete", stored, run);
        }
    }

    [[nodiscard]] std::optional<build::Run> last_run(const Resource& stored) const {
        return last_run_of(services_.runs, stored);
    }

    [[nodiscard]] Answer shown(const Call& call, const Resource& stored) const {
        auto answer = resources::ok(template_document(stored, last_run(stored), version_of(call)));
        answer.headers.emplace_back("ETag", "\"" + stored.etag + "\"");
        return answer;
    }

    static resources::Activity activity(const Call& call,
                                        std::string_view verb,
                                        const std::string& id) {
        return resources::activity_of(call, fmt::format("{}/{}", kImageTemplates, verb), id);
    }

    static void prepare(const Call& call, Resource& stored) {
        auto& properties = stored.properties();
        properties["provisioningState"] = "Creating";
        properties["exactStagingResourceGroup"] = "";
        if (auto& source = properties["source"].get_object();
            text_in(source, "type") == "PlatformImage") {
            source["exactVersion"] = source["version"];
        }
        stored.internal["guid"] = base::new_uuid();
        stored.internal["submitter"] = call.caller.object_id;
        if (call.caller.is_administrator) {
            stored.internal["byAdministrator"] = true;
        }
    }

    // Since identities exist, no run goes without one.
    static void check_identity(const Call& call, const Resource& stored) {
        if (version_of(call) >= ApiVersion::V2020_02_14 && !identity_of(stored)) {
            throw Error(ErrorKind::InvalidArgument,
                        "ValidationFailed",
                        "Managed identity is required for building this template using current "
                        "API version");
        }
    }

    [[nodiscard]] build::Run start_run(const Resource& stored) const {
        auto run = record_run(services_.runs, stored, life_);
        if (!run) {
            throw not_allowed("run", stored, last_run(stored));
        }
        return std::move(*run);
    }

    // What is new must hold like what a PUT brings. A template may lose its identity: then it
    // cannot run.
    void check_changes(const Call& call, const Resource& wanted) const {
        const TemplateChecks checks(services_, life_);
        const auto* properties = call.object().if_contains("properties");
        const bool has_new_parts = properties != nullptr && !properties->as_object().empty();
        if ((call.object().contains("identity") || has_new_parts) && identity_of(wanted)) {
            checks.rights(wanted, template_of(wanted));
        }
        if (has_new_parts) {
            checks.targets(template_of(wanted));
        }
    }

    // The template, its triggers, and the staging group unless that was there before it or holds
    // more than ours.
    [[nodiscard]] Change removal_of(const Resource& stored) const {
        Change change;
        const auto key = resources::key_of(stored.id);
        change.removals.push_back({key, Expectation::anything()});
        resources::ResourceFilter below;
        below.below = key;
        for (const auto& child : services_.resources.list(below)) {
            const auto child_key = resources::key_of(child.id);
            // What stands on the template, such as role assignments, the router removes by its own
            // type's verb.
            if (!child_key.starts_with(key + "/providers/")) {
                change.removals.push_back({child_key, Expectation::anything()});
            }
        }
        const auto group = text_in(stored.internal, "stagingGroup");
        const auto* adopted = stored.internal.if_contains("stagingAdopted");
        if (!group.empty() && adopted != nullptr && !adopted->as_bool() && is_empty(group)) {
            change.removals.push_back({resources::key_of(group), Expectation::anything()});
        } else if (!group.empty()) {
            give_back(group, change);
        }
        return change;
    }

    // Nobody else's resources were put into the group.
    [[nodiscard]] bool is_empty(const std::string& group_id) const {
        const auto group = arm::ResourceId::parse(group_id);
        resources::ResourceFilter inside;
        inside.subscription = group.subscription();
        inside.group = group.resource_group();
        return std::ranges::all_of(services_.resources.list(inside), [&](const Resource& one) {
            return resources::key_of(one.id) == group.key();
        });
    }

    // A group that was adopted, or that somebody else uses, stays without our marks.
    void give_back(const std::string& group_id, Change& change) const {
        if (auto group = services_.resources.find(resources::key_of(group_id))) {
            for (const auto* tag :
                 {"usedBy", "createdBy", "imageTemplateName", "imageTemplateResourceGroupName"}) {
                group->tags.erase(tag);
            }
            change.writes.push_back({*group, Expectation::anything()});
        }
    }

    // VHDs live in the staging group, so they go with it; other images stay.
    void remove_files(const Resource& stored) const {
        os::remove_tree(staging_folder(stored, life_));
        for (const auto& vhd : services_.images.vhds()) {
            const auto run = services_.runs.find(vhd.provenance.run_id);
            if (run && is_run_of(*run, stored)) {
                services_.images.remove(vhd.name);
                os::remove_tree(life_.vhds / vhd.name);
                services_.storage.erase_unused(
                    vhd.content.digest, [&] { return services_.images.uses(vhd.content.digest); });
            }
        }
    }

    const Services& services_;
    const TemplateLife& life_;
};

}  // namespace

std::vector<std::string> image_builder_versions() {
    std::vector<std::string> versions;
    for (int i = static_cast<int>(templates::kNewestApiVersion); i >= 0; --i) {
        versions.emplace_back(templates::to_string(static_cast<ApiVersion>(i)));
    }
    return versions;
}

arm::ErrorShape image_builder_error_shape(const std::string& api_version) {
    const auto version = templates::api_version_from(api_version);
    return version && *version <= ApiVersion::V2020_02_14 ? arm::ErrorShape::Bare
                                                          : arm::ErrorShape::Nested;
}

resources::ResourceType image_templates(const Services& services, const TemplateLife& life) {
    const ImageTemplates verbs(services, life);
    resources::ResourceType type;
    type.name = kImageTemplates;
    type.api_versions = image_builder_versions();
    type.strict_api_versions = true;
    type.error_shape = image_builder_error_shape;
    type.can_be_kept = true;
    type.get = [verbs](const Call& call) { return verbs.get(call); };
    type.put = [verbs](const Call& call) { return verbs.put(call); };
    type.patch = [verbs](const Call& call) { return verbs.patch(call); };
    type.remove = [verbs](const Call& call) { return verbs.remove(call); };
    type.check_removal = [verbs](const Call& call) { verbs.check_removal(call); };
    type.list = [verbs](const Call& call) { return verbs.list(call); };
    type.actions["run"] = [verbs](const Call& call) { return verbs.run(call); };
    type.actions["cancel"] = [verbs](const Call& call) { return verbs.cancel(call); };
    return type;
}

}  // namespace ingot::providers
