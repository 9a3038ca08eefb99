// SPDX-License-Identifier: Apache-2.0
#include "templates/reader.h"

#include "base/ascii.h"
#include "templates/codec.h"
#include "templates/findings.h"
#include "templates/reading/parts.h"
#include "templates/schema/text_checks.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace ingot::templates {
namespace {

using base::JsonPath;
using boost::json::object;
using boost::json::value;

constexpr std::string_view kType = "Microsoft.VirtualMachineImages/imageTemplates";

// The one resource of the file that is to be read, evaluated.
struct Submitted {
    object resource;
    JsonPath path;  // empty: it stands alone
};

std::string text_of(const object& resource, std::string_view field) {
    const auto* member = resource.if_contains(field);
    return member != nullptr && member->is_string() ? std::string(member->get_string()) : "";
}

// What ARM reads of a resource itself; it does so without regard to case.
constexpr std::string_view kEnvelope[] = {
    "apiVersion", "comments", "dependsOn", "name", "scope", "type"};

object with_envelope_spelled(object resource) {
    for (const auto name : kEnvelope) {
        const auto found = std::ranges::find_if(resource, [&](const auto& member) {
            return base::equal_ignoring_case(member.key(), name);
        });
        if (found != resource.end() && !resource.contains(name)) {
            auto member = std::move(found->value());
            resource.erase(found);
            resource.emplace(name, std::move(member));
        }
    }
    return resource;
}

class Reader {
  public:
    Reader(std::string_view text, const ReadOptions& options) : text_(text), options_(options) {}

    ReadResult read() {
        ReadResult result;
        if (auto submitted = find_resource()) {
            if (const auto version = choose_version(*submitted)) {
                result.image_template = read_resource(std::move(*submitted), *version);
            }
        }
        sort_by_position(diagnostics_);
        result.diagnostics = std::move(diagnostics_);
        if (has_error(result.diagnostics)) {
            result.image_template.reset();
        }
        return result;
    }

  private:
    void add(Severity severity, std::string_view code, const JsonPath& path, std::string message) {
        diagnostics_.push_back(
            {severity, std::string(code), std::move(message), path, base::locate(text_, path)});
    }

    void fail(std::string_view code, const JsonPath& path, std::string message) {
        add(Severity::Error, code, path, std::move(message));
    }

    std::optional<Submitted> find_resource() {
        auto parsed = base::parse_json(text_, options_.limits);
        if (const auto* problem = std::get_if<base::JsonProblem>(&parsed)) {
            diagnostics_.push_back({Severity::Error,
                                    "InvalidRequestContent",
                                    problem->message,
                                    {},
                                    problem->position});
            return std::nullopt;
        }
        auto& document = std::get<value>(parsed);
        if (!document.is_object()) {
            fail("InvalidRequestContent", {}, "An image template must be a JSON object.");
            return std::nullopt;
        }
        if (arm::is_deployment_template(document)) {
            return find_in_deployment(document);
        }
        return check_bare_resource(with_envelope_spelled(std::move(document.get_object())));
    }

    std::optional<Submitted> check_bare_resource(object resource) {
        if (!options_.parameters.empty()) {
            fail("InvalidTemplate",
                 {},
                 "Parameters were supplied, but this is a resource and not a deployment template, "
                 "so it has none.");
        }
        const std::string type = text_of(resource, "type");
        if (resource.contains("type") && !base::equal_ignoring_case(type, kType)) {
            fail("InvalidTemplate",
                 JsonPath() / "type",
                 fmt::format("The resource is of type '{}', not '{}'.", type, kType));
            return std::nullopt;
        }
        return Submitted{std::move(resource), {}};
    }

    std::optional<Submitted> find_in_deployment(const value& document) {
        auto deployment = arm::evaluate_deployment(document, options_.parameters, options_.scope);
        report(deployment.problems);
        const auto is_image_template = [](const arm::EvaluatedResource& resource) {
            return base::equal_ignoring_case(resource.type, kType);
        };
        auto& resources = deployment.resources;
        warn_of_others(resources, is_image_template);
        const auto found = std::ranges::find_if(resources, is_image_template);
        if (found == resources.end()) {
            fail("InvalidTemplate",
                 JsonPath() / "resources",
                 fmt::format("The deployment template holds no resource of type '{}'.", kType));
            return std::nullopt;
        }
        const auto second = std::find_if(found + 1, resources.end(), is_image_template);
        if (second != resources.end()) {
            fail("InvalidTemplate",
                 second->path,
                 "The deployment template holds more than one image template; exactly one is read "
                 "at a time.");
        }
        report(found->problems);
        if (!found->value.is_object()) {
            return std::nullopt;
        }
        return Submitted{with_envelope_spelled(std::move(found->value.get_object())), found->path};
    }

    // In one sentence however many there are: each diagnostic costs a pass over the text.
    template <typename Predicate>
    void warn_of_others(const std::vector<arm::EvaluatedResource>& resources,
                        Predicate&& is_image_template) {
        const auto first = std::ranges::find_if_not(resources, is_image_template);
        if (first == resources.end()) {
            return;
        }
        const auto count = std::ranges::count_if(resources, std::not_fn(is_image_template));
        add(Severity::Warning,
            "OtherResource",
            first->path,
            fmt::format("Of a deployment template, only the image template is read; not deployed: "
                        "'{}'{}.",
                        first->type,
                        count > 1 ? fmt::format(" and {} more", count - 1) : ""));
    }

    void report(const std::vector<arm::TemplateProblem>& problems) {
        for (const auto& problem : problems) {
            fail("InvalidTemplate", problem.path, problem.message);
        }
    }

    std::optional<ApiVersion> choose_version(const Submitted& submitted) {
        const bool is_given = !options_.api_version.empty();
        const auto* own = submitted.resource.if_contains("apiVersion");
        if (!is_given && own == nullptr) {
            add(Severity::Note,
                "ApiVersionAssumed",
                submitted.path,
                fmt::format("No apiVersion is given; {} is assumed.",
                            to_string(kNewestApiVersion)));
            return kNewestApiVersion;
        }
        const std::string text =
            is_given ? options_.api_version : text_of(submitted.resource, "apiVersion");
        const auto version = api_version_from(text);
        if (!version) {
            fail("InvalidApiVersionParameter",
                 is_given ? submitted.path : submitted.path / "apiVersion",
                 fmt::format("The api-version '{}' is invalid. The supported versions are '{}'.",
                             text,
                             supported_api_versions()));
        }
        return version;
    }

    ImageTemplate read_resource(Submitted submitted, ApiVersion version) {
        Findings findings(version, submitted.path);
        auto name = check_name(submitted.resource, findings);
        if (submitted.path.parts().empty()) {
            warn_of_expressions(submitted.resource, findings);
        }

        // What ARM itself takes out of a resource before the service sees it.
        object body = submitted.resource;
        for (const auto* field : {"apiVersion", "comments", "dependsOn", "scope"}) {
            body.erase(field);
        }
        const object decoded = decode_image_template(body, findings);
        ImageTemplate result = assemble(Node(decoded, {}), findings);
        result.name = std::move(name);
        result.api_version = to_string(version);
        complete(submitted.resource, result);
        result.document = std::move(submitted.resource);

        auto found = findings.located_in(text_);
        diagnostics_.insert(diagnostics_.end(), found.begin(), found.end());
        return result;
    }

    static ImageTemplate assemble(const Node& resource, Findings& findings) {
        check_identity(resource, findings);
        const Node properties = resource.child("properties");
        const Node error_handling = properties.child("errorHandling");
        return {.name = {},
                .api_version = {},
                .location = resource.text("location"),
                .tags = resource.text_map("tags"),
                .source = read_source(properties.child("source"), findings),
                .customize = read_steps(properties, "customize", findings),
                .validate = read_validation(properties.child("validate"), findings),
                .distribute = read_distributors(properties, findings),
                .vm_profile = read_vm_profile(properties.child("vmProfile"), findings),
                .build_timeout_in_minutes = properties.integer("buildTimeoutInMinutes"),
                .on_customizer_error = read_on_error(error_handling, "onCustomizerError"),
                .on_validation_error = read_on_error(error_handling, "onValidationError"),
                .document = {}};
    }

    std::string check_name(const object& resource, Findings& findings) const {
        const auto* own = resource.if_contains("name");
        const value name = own != nullptr ? *own : value(options_.default_name);
        if (own == nullptr && options_.default_name.empty()) {
            findings.missing({}, "name");
            return {};
        }
        const auto accepts =
            findings.version() <= ApiVersion::V2019_02_01_preview ? is_name_without_dots : is_name;
        if (!name.is_string() || !accepts(name.get_string())) {
            findings.bad_value({},
                               "name",
                               name,
                               "A name has 1 to 64 letters, digits, hyphens and underscores (and "
                               "dots since 2019-05-01-preview).");
            return {};
        }
        return std::string(name.get_string());
    }

    // So that the document alone says all: a run keeps nothing else.
    static void complete(object& resource, const ImageTemplate& image_template) {
        resource["type"] = kType;
        resource["apiVersion"] = image_template.api_version;
        resource["name"] = image_template.name;
    }

    std::string_view text_;
    const ReadOptions& options_;
    std::vector<Diagnostic> diagnostics_;
};

}  // namespace

ReadResult read_template(std::string_view text, const ReadOptions& options) {
    return Reader(text, options).read();
}

}  // namespace ingot::templates
