// SPDX-License-Identifier: Apache-2.0
#include "providers/image_templates/template_document.h"

#include "arm/regions.h"
#include "arm/template_language/deployment.h"
#include "base/ascii.h"
#include "base/error.h"
#include "base/json.h"
#include "resources/documents.h"
#include "templates/codec.h"
#include "templates/encoder.h"
#include "templates/findings.h"
#include "templates/reader.h"

#include <algorithm>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using boost::json::object;
using resources::Call;
using resources::Resource;
using templates::ApiVersion;

// What a client that has not finished waiting is told (recorded of the service).
constexpr std::string_view kNoEnd = "0001-01-01T00:00:00Z";

// The service decodes the whole before it checks any of it, so what it could not decode comes
// first. It tells what kind of mistake it is in provisioning errors only; details may say more.
Error refusal(std::vector<templates::Diagnostic> diagnostics) {
    std::erase_if(diagnostics, [](const templates::Diagnostic& one) {
        return one.severity != templates::Severity::Error;
    });
    std::stable_partition(
        diagnostics.begin(), diagnostics.end(), [](const templates::Diagnostic& one) {
            return one.message.starts_with("Unmarshalling");
        });
    const auto& first = diagnostics.front();
    const bool is_kind = first.code.starts_with("Bad") || first.code.starts_with("Unsupported");
    Error error(ErrorKind::InvalidArgument,
                is_kind ? "ValidationFailed" : first.code,
                first.message,
                first.path.to_string());
    for (const auto& one : diagnostics) {
        error.add_detail({one.code, one.message, one.path.to_string()});
    }
    return error;
}

templates::ImageTemplate read(const object& resource, std::string_view version, std::string name) {
    templates::ReadOptions options;
    options.default_name = std::move(name);
    options.api_version = version;
    auto result = templates::read_template(boost::json::serialize(resource), options);
    if (!result.image_template) {
        throw refusal(std::move(result.diagnostics));
    }
    return std::move(*result.image_template);
}

// Only who runs on the user's own machine may read its files.
void refuse_local_files(const templates::ImageTemplate& wanted) {
    const auto check = [](const std::vector<templates::Step>& steps, std::string_view list) {
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const auto* shell = std::get_if<templates::ShellStep>(&steps[i].action);
            const auto* file = std::get_if<templates::FileStep>(&steps[i].action);
            const auto uri = shell != nullptr  ? shell->script_uri
                             : file != nullptr ? file->source_uri
                                               : "";
            if (!uri.empty() && !uri.starts_with("https://") && !uri.starts_with("http://")) {
                throw Error(
                    ErrorKind::InvalidArgument,
                    "ValidationFailed",
                    fmt::format("Validation failed: 'ImageTemplate.properties.{}[{}]': Field '{}' "
                                "has a bad value: '{}'. Please review "
                                "http://aka.ms/azvmimagebuildertmplref for details on fields "
                                "requirements in the Image Builder Template. The service fetches "
                                "scripts and files over http and https only.",
                                list,
                                i,
                                shell != nullptr ? "scriptUri" : "sourceUri",
                                uri),
                    fmt::format("properties.{}[{}]", list, i));
            }
        }
    };
    check(wanted.customize, "customize");
    check(wanted.validate.steps, "validate.inVMValidations");
}

// A deployment's evaluation is the client's matter, or the deployments' own resource type's. And
// what a deployment template says beside a resource is a field like any other since the service
// became strict.
void refuse_foreign_forms(const object& body, ApiVersion version) {
    if (arm::is_deployment_template(body)) {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidRequestContent",
                    "The body is a deployment template, not the image template that the address "
                    "names.");
    }
    if (body.contains("apiVersion")) {
        refuse_unknown_field(version, "ImageTemplate", "apiVersion");
    }
}

// The service writes this segment of a template's id in lower case, whatever the client wrote.
std::string with_group_word_lowered(std::string id) {
    constexpr std::string_view kSegment = "/resourceGroups/";
    const auto at = base::to_lower(id).find(base::to_lower(kSegment));
    if (at != std::string::npos) {
        id.replace(at, kSegment.size(), base::to_lower(kSegment));
    }
    return id;
}

object decoded(const object& resource, ApiVersion version) {
    templates::Findings ignored(version, {});
    return templates::decode_image_template(resource, ignored);
}

// "Running" was "running" in the first api-version.
std::string spelled_state(std::string word, ApiVersion version) {
    if (version == ApiVersion::V2018_02_01_preview) {
        word[0] = base::to_lower(std::string_view(word).substr(0, 1))[0];
    }
    return word;
}

// Puts the staged path where the URI of the step stands.
void use_staged(boost::json::value* steps,
                std::string_view list,
                const std::map<std::string, std::string>& staged) {
    if (steps == nullptr || !steps->is_array()) {
        return;
    }
    auto& elements = steps->get_array();
    for (std::size_t i = 0; i < elements.size(); ++i) {
        const auto found = staged.find(fmt::format("{}[{}]", list, i));
        for (const auto* name : {"scriptUri", "sourceUri"}) {
            auto* uri = elements[i].get_object().if_contains(name);
            if (uri != nullptr && found != staged.end()) {
                *uri = found->second;
            }
        }
    }
}

object whole(const Resource& stored) {
    object resource = stored.body;
    resource["location"] = stored.location;
    resource["tags"] = stored.tags;
    return resource;
}

// In the newest api-version, which wants an identity of every template: one of an older version, or
// one that lost it, has none by name.
object in_newest_words(const Resource& stored) {
    auto resource = whole(stored);
    if (!resource.contains("identity")) {
        resource["identity"] = {{"type", "None"}};
    }
    return templates::encode_image_template(resource, templates::kNewestApiVersion);
}

}  // namespace

ApiVersion version_of(const Call& call) {
    return templates::api_version_from(call.api_version).value_or(templates::kNewestApiVersion);
}

Resource read_submitted(const Call& call) {
    const auto version = version_of(call);
    auto body = call.object();
    refuse_foreign_forms(body, version);
    for (const auto* named_by_path : {"id", "name", "type", "apiVersion"}) {
        body.erase(named_by_path);
    }
    const auto wanted = read(body, templates::to_string(version), call.name());
    refuse_local_files(wanted);
    auto known = decoded(body, version);
    Resource stored;
    stored.id = with_group_word_lowered(call.path.id(kImageTemplates));
    stored.type = kImageTemplates;
    stored.location = arm::region_name(wanted.location);
    for (const auto& [name, value] : wanted.tags) {
        stored.tags[name] = value;
    }
    stored.tags = resources::tags_of({{"tags", stored.tags}});
    stored.created = stored.changed = base::now();
    for (const auto* name : {"identity", "properties"}) {
        if (auto* member = known.if_contains(name)) {
            stored.body[name] = std::move(*member);
        }
    }
    return stored;
}

templates::ImageTemplate template_of(const Resource& stored) {
    try {
        return read(in_newest_words(stored),
                    templates::to_string(templates::kNewestApiVersion),
                    stored.name());
    } catch (const Error& error) {
        throw Error(ErrorKind::Corrupt, "InvalidTemplate", error.message(), stored.id);
    }
}

std::string run_document(const Resource& stored, const std::map<std::string, std::string>& staged) {
    auto resource = in_newest_words(stored);
    auto& properties = resource["properties"].get_object();
    use_staged(properties.if_contains("customize"), "customize", staged);
    if (auto* validate = properties.if_contains("validate")) {
        use_staged(validate->get_object().if_contains("inVMValidations"), "validate", staged);
    }
    resource["type"] = kImageTemplates;
    resource["apiVersion"] = templates::to_string(templates::kNewestApiVersion);
    resource["name"] = stored.name();
    return boost::json::serialize(resource);
}

object template_document(const Resource& stored,
                         const std::optional<build::Run>& last_run,
                         ApiVersion version) {
    auto resource = whole(stored);
    resource["id"] = stored.id;
    resource["name"] = stored.name();
    resource["type"] = kImageTemplates;
    auto& properties = resource["properties"].get_object();
    if (last_run) {
        properties["lastRunStatus"] = run_status(*last_run, version);
        auto& source = properties["source"].get_object();
        if (!last_run->exact_source.empty() && source.contains("exactVersion")) {
            source["exactVersion"] = exact_version_of(last_run->exact_source);
        }
    }
    return templates::encode_image_template(resource, version);
}

std::optional<std::string> identity_of(const Resource& stored) {
    const auto* identity = stored.body.if_contains("identity");
    const auto* ids = identity == nullptr
                          ? nullptr
                          : identity->get_object().if_contains("userAssignedIdentities");
    if (ids == nullptr || ids->get_object().empty()) {
        return std::nullopt;
    }
    return std::string(ids->get_object().begin()->key());
}

void refuse_unknown_field(ApiVersion version, std::string_view type, std::string_view field) {
    if (version >= ApiVersion::V2024_02_01) {
        std::string package(templates::to_string(version));
        std::ranges::replace(package, '-', '_');
        throw Error(ErrorKind::InvalidArgument,
                    "ValidationFailed",
                    fmt::format("Unmarshalling entity encountered error: unmarshalling type "
                                "*v{0}.{1}: unmarshalling type *v{0}.{1}, unknown field \"{2}\". "
                                "There is an issue with the syntax with the JSON template you are "
                                "submitting. Please check the JSON template for syntax and "
                                "grammar. For more information on the syntax and grammar of the "
                                "JSON template, visit http://aka.ms/azvmimagebuildertmplref.",
                                package,
                                type,
                                field),
                    std::string(field));
    }
}

void fill_identity(Resource& stored, const Resource& known) {
    auto& ids = stored.body["identity"].get_object()["userAssignedIdentities"].get_object();
    for (auto& [id, member] : ids) {
        member = {{"principalId", text_in(known.properties(), "principalId")},
                  {"clientId", text_in(known.properties(), "clientId")}};
    }
}

std::string text_in(const object& from, std::string_view name) {
    const auto* member = from.if_contains(name);
    return member != nullptr && member->is_string() ? std::string(member->get_string()) : "";
}

std::string exact_version_of(const std::string& exact_source) {
    // A platform image is named by its URN, everything else by its ARM id.
    return exact_source.starts_with('/') ? exact_source
                                         : exact_source.substr(exact_source.rfind(':') + 1);
}

object run_status(const build::Run& run, ApiVersion version) {
    object status;
    status["startTime"] = base::to_rfc3339(run.started);
    status["endTime"] = run.ended ? base::to_rfc3339(*run.ended) : std::string(kNoEnd);
    status["runState"] = spelled_state(to_string(run.state), version);
    if (run.state == build::RunState::Running && run.sub_state != build::RunSubState::None) {
        status["runSubState"] = spelled_state(to_string(run.sub_state), version);
    }
    status["message"] =
        run.state == build::RunState::Canceling ? "Canceling image build" : run.failure.message;
    return status;
}

}  // namespace ingot::providers
