// SPDX-License-Identifier: Apache-2.0
#include "providers/image_templates/template_provisioning.h"

#include "artifact/fetch.h"
#include "base/ascii.h"
#include "base/error.h"
#include "gallery/images.h"
#include "gallery/versioning.h"
#include "providers/image_templates/staging_group.h"
#include "providers/image_templates/template_checks.h"
#include "providers/image_templates/template_document.h"
#include "providers/image_templates/template_runs.h"
#include "resources/request_path.h"

#include <optional>
#include <utility>
#include <variant>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using resources::Operation;
using resources::OperationStatus;
using resources::Resource;

// What lies in properties.provisioningError next to the operation's own code.
constexpr std::string_view kProvisioningCodes[] = {"BadPIRSource",
                                                   "BadManagedImageSource",
                                                   "BadSharedImageVersionSource",
                                                   "BadDistributeType",
                                                   "BadSharedImageDistribute",
                                                   "BadStagingResourceGroup"};

std::string provisioning_code_of(const std::string& code) {
    for (const auto known : kProvisioningCodes) {
        if (code == known) {
            return code;
        }
    }
    return "Other";
}

std::string uri_of(const templates::Step& step) {
    if (const auto* shell = std::get_if<templates::ShellStep>(&step.action)) {
        return shell->script_uri;
    }
    const auto* file = std::get_if<templates::FileStep>(&step.action);
    return file != nullptr ? file->source_uri : "";
}

std::string checksum_of(const templates::Step& step) {
    if (const auto* shell = std::get_if<templates::ShellStep>(&step.action)) {
        return shell->sha256_checksum;
    }
    const auto* file = std::get_if<templates::FileStep>(&step.action);
    return file != nullptr ? file->sha256_checksum : "";
}

// The steps of a list with the places where their checksums are written.
struct StagedList {
    const std::vector<templates::Step>& steps;
    boost::json::value* documents;
    std::string word;
};

boost::json::value* validators_in(boost::json::object& properties) {
    auto* validate = properties.if_contains("validate");
    return validate == nullptr ? nullptr : validate->get_object().if_contains("inVMValidations");
}

}  // namespace

void TemplateProvisioning::carry_out(const std::string& operation_id,
                                     const base::Cancellation& cancellation) const {
    auto operation = services_.resources.find_operation(operation_id);
    auto stored = operation ? services_.resources.find(operation->resource_key) : std::nullopt;
    if (!stored || operation->status != OperationStatus::InProgress || !operation->run_id.empty() ||
        !base::equal_ignoring_case(stored->type, kImageTemplates)) {
        return;
    }
    operation->status = OperationStatus::Succeeded;
    try {
        provision(*stored, cancellation);
        stored->properties()["provisioningState"] = "Succeeded";
    } catch (const Error& error) {
        operation->status = OperationStatus::Failed;
        operation->error_code = error.code();
        operation->error_message = error.message();
        stored->properties()["provisioningState"] = "Failed";
        stored->properties()["provisioningError"] = {
            {"provisioningErrorCode", provisioning_code_of(error.code())},
            {"message", error.message()}};
    }
    finish(*stored, std::move(*operation));
    run_if_wanted(*stored);
}

// autoRun (2024-02-01): one build when the template has been created.
void TemplateProvisioning::run_if_wanted(const Resource& stored) const {
    const auto* wish = stored.properties().if_contains("autoRun");
    if (wish != nullptr && text_in(wish->as_object(), "state") == "Enabled" &&
        text_in(stored.properties(), "provisioningState") == "Succeeded" &&
        record_run(services_.runs, stored, life_)) {
        life_.run_recorded();
    }
}

void TemplateProvisioning::provision(Resource& stored,
                                     const base::Cancellation& cancellation) const {
    const auto image_template = template_of(stored);
    const TemplateChecks checks(services_, life_);
    checks.rights(stored, image_template);
    checks.source(image_template.source);
    checks.targets(image_template);
    if (!stored.internal.contains("stagingGroup")) {
        const auto staging = staging_group_for(stored, services_.resources);
        resources::Change change;
        change.writes.push_back({staging.group, resources::Expectation::anything()});
        stored.internal["stagingGroup"] = staging.group.id;
        stored.internal["stagingAdopted"] = staging.adopted;
        stored.properties()["exactStagingResourceGroup"] = staging.group.id;
        stored.changed = base::now();
        change.writes.push_back({stored, resources::Expectation::unchanged(stored)});
        static_cast<void>(services_.resources.apply(change));
        stored = services_.resources.find(resources::key_of(stored.id)).value_or(stored);
    }
    fetch_all(stored, image_template, cancellation);
    const auto identity = identity_of(stored);
    if (const auto known =
            identity ? services_.resources.find(resources::key_of(*identity)) : std::nullopt) {
        fill_identity(stored, *known);
    }
}

void TemplateProvisioning::fetch_all(Resource& stored,
                                     const templates::ImageTemplate& image_template,
                                     const base::Cancellation& cancellation) const {
    const auto folder = staging_folder(stored, life_);
    os::remove_tree(folder);  // of an earlier attempt
    auto& properties = stored.properties();
    boost::json::object staged;
    for (const auto& list :
         {StagedList{image_template.customize, properties.if_contains("customize"), "customize"},
          StagedList{image_template.validate.steps, validators_in(properties), "validate"}}) {
        for (std::size_t i = 0; i < list.steps.size(); ++i) {
            const auto uri = uri_of(list.steps[i]);
            if (uri.empty()) {
                continue;
            }
            os::make_folders(folder);
            const auto file = fmt::format("{}-{}", list.word, i);
            artifact::FetchRequest request{.destination = folder / file,
                                           .refuse_local = !life_.local_sources};
            request.expected = artifact::Checksum::parse(checksum_of(list.steps[i]));
            std::optional<artifact::Fetched> fetched;
            life_.aside([&] { fetched = artifact::fetch(uri, request, cancellation); });
            staged[fmt::format("{}[{}]", list.word, i)] = file;
            list.documents->get_array()[i].get_object()["sha256Checksum"] = fetched->sha256.hex();
        }
    }
    stored.internal["staged"] = std::move(staged);
    if (const auto exact = exact_version(image_template.source); !exact.empty()) {
        properties["source"].get_object()["exactVersion"] = exact;
    }
}

// As of now; each run says anew what it really started from.
std::string TemplateProvisioning::exact_version(const templates::Source& source) const {
    if (const auto* platform = std::get_if<templates::PlatformImageSource>(&source)) {
        return services_.catalog
            .find({platform->publisher, platform->offer, platform->sku, platform->version})
            .version;
    }
    const auto* shared = std::get_if<templates::SharedImageVersionSource>(&source);
    const auto parts =
        shared == nullptr ? std::nullopt : gallery::split_version_id(shared->image_version_id);
    if (!parts || !base::equal_ignoring_case(parts->version, "latest")) {
        return shared == nullptr ? "" : shared->image_version_id;
    }
    const auto versions = services_.images.versions();
    const auto* latest = gallery::latest_of(versions, parts->definition_id);
    return latest == nullptr ? "" : latest->id();
}

// Whoever changed the template meanwhile did so with tags only, so its other parts are ours.
void TemplateProvisioning::finish(Resource stored, Operation operation) const {
    operation.ended = base::now();
    stored.changed = base::now();
    for (int attempt = 0;; ++attempt) {
        const auto current = services_.resources.find(resources::key_of(stored.id));
        if (!current) {
            return;
        }
        stored.tags = current->tags;
        resources::Change change;
        change.operations.push_back(operation);
        change.writes.push_back({stored, resources::Expectation::unchanged(*current)});
        try {
            static_cast<void>(services_.resources.apply(change));
            return;
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::PreconditionFailed || attempt == 10) {
                throw;
            }
        }
    }
}

std::map<std::string, std::string> staged_files(const Resource& stored) {
    std::map<std::string, std::string> files;
    if (const auto* staged = stored.internal.if_contains("staged")) {
        for (const auto& [step, file] : staged->get_object()) {
            files.emplace(step, file.get_string());
        }
    }
    return files;
}

os::Path staging_folder(const Resource& stored, const TemplateLife& life) {
    return life.staging / text_in(stored.internal, "guid");
}

}  // namespace ingot::providers
