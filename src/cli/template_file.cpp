// SPDX-License-Identifier: Apache-2.0
#include "cli/template_file.h"

#include "base/error.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "templates/reader.h"

#include <cstdio>
#include <filesystem>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;

// template.json in a folder of its own is named after the folder.
std::string name_from(const os::Path& file) {
    const auto absolute = std::filesystem::absolute(file);
    const auto stem = absolute.stem().string();
    return stem == "template" ? absolute.parent_path().filename().string() : stem;
}

arm::DeploymentParameters parameters_of(const TemplateArguments& arguments) {
    arm::DeploymentParameters parameters;
    if (!arguments.parameters_file.empty()) {
        auto parsed = base::parse_json(os::read_file(arguments.parameters_file));
        if (const auto* problem = std::get_if<base::JsonProblem>(&parsed)) {
            throw Error(ErrorKind::InvalidArgument,
                        "InvalidParameterFile",
                        fmt::format("{}:{}:{}: {}",
                                    arguments.parameters_file,
                                    problem->position.line,
                                    problem->position.column,
                                    problem->message));
        }
        parameters.add_file(std::get<boost::json::value>(parsed));
    }
    for (const auto& parameter : arguments.parameters) {
        const auto equals = parameter.find('=');
        if (equals == std::string::npos || equals == 0) {
            throw Error(ErrorKind::InvalidArgument,
                        "InvalidParameter",
                        fmt::format("--param {}: name=value is expected", parameter));
        }
        parameters.add_text(parameter.substr(0, equals), parameter.substr(equals + 1));
    }
    return parameters;
}

boost::json::object to_json(const templates::Diagnostic& diagnostic) {
    return {{"severity", templates::to_string(diagnostic.severity)},
            {"code", diagnostic.code},
            {"message", diagnostic.message},
            {"path", diagnostic.path.to_string()},
            {"line", diagnostic.position.line},
            {"column", diagnostic.position.column}};
}

void print(const templates::Diagnostic& diagnostic, const std::string& file, bool as_json) {
    if (as_json) {
        fmt::print("{}\n", boost::json::serialize(to_json(diagnostic)));
    } else {
        fmt::print(stderr, "{}\n", templates::format_diagnostic(diagnostic, file));
    }
}

}  // namespace

std::optional<templates::ImageTemplate> read_template_file(const TemplateArguments& arguments,
                                                           bool as_json) {
    arm::DeploymentScope scope;
    scope.subscription_id = "00000000-0000-0000-0000-000000000000";
    scope.resource_group = "ingot";
    scope.location = "local";
    scope.now = base::now();
    return read_template_file(arguments, as_json, scope);
}

std::optional<templates::ImageTemplate> read_template_file(const TemplateArguments& arguments,
                                                           bool as_json,
                                                           const arm::DeploymentScope& scope) {
    templates::ReadOptions options;
    options.default_name = arguments.name.empty() ? name_from(arguments.file) : arguments.name;
    options.api_version = arguments.api_version;
    options.parameters = parameters_of(arguments);
    options.scope = scope;
    auto result = templates::read_template(os::read_file(arguments.file), options);
    for (const auto& diagnostic : result.diagnostics) {
        print(diagnostic, arguments.file, as_json);
    }
    return std::move(result.image_template);
}

std::vector<LocalFile> local_files_of(const templates::ImageTemplate& image_template) {
    std::vector<LocalFile> files;
    const auto look = [&](const std::vector<templates::Step>& steps, std::string_view list) {
        for (std::size_t i = 0; i < steps.size(); ++i) {
            const auto* shell = std::get_if<templates::ShellStep>(&steps[i].action);
            const auto* file = std::get_if<templates::FileStep>(&steps[i].action);
            const std::string uri = shell != nullptr  ? shell->script_uri
                                    : file != nullptr ? file->source_uri
                                                      : "";
            if (!uri.empty() && !uri.starts_with("https://") && !uri.starts_with("http://")) {
                const auto* field = shell != nullptr ? "scriptUri" : "sourceUri";
                files.push_back({fmt::format("{}[{}].{}", list, i, field), uri});
            }
        }
    };
    look(image_template.customize, "customize");
    look(image_template.validate.steps, "validate.inVMValidations");
    return files;
}

}  // namespace ingot::cli
