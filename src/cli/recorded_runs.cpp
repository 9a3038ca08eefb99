// SPDX-License-Identifier: Apache-2.0
#include "cli/recorded_runs.h"

#include "base/error.h"
#include "base/json.h"
#include "templates/reader.h"

#include <charconv>
#include <filesystem>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;

std::string absolute_or_empty(const std::string& path) {
    return path.empty() ? path : std::filesystem::absolute(path).lexically_normal().string();
}

}  // namespace

build::Run find_run(LocalStore& store, const std::string& typed) {
    std::vector<build::Run> found;
    for (auto& run : store.runs().list()) {
        if (typed == "latest" || run.id == typed) {
            return run;
        }
        if (!typed.empty() && run.id.starts_with(typed)) {
            found.push_back(std::move(run));
        }
    }
    if (found.size() == 1) {
        return found[0];
    }
    throw Error(ErrorKind::NotFound,
                "RunNotFound",
                found.empty() ? fmt::format("there is no run {} (see `ingot run list`)", typed)
                              : fmt::format("{} runs begin with {}", found.size(), typed),
                typed);
}

templates::ImageTemplate template_of(const build::Run& run) {
    templates::ReadOptions options;
    options.default_name = run.template_name;
    options.scope.now = base::now();
    auto result = templates::read_template(run.template_json, options);
    if (!result.image_template) {
        throw Error(ErrorKind::Corrupt,
                    "InvalidRunTemplate",
                    fmt::format("the template of run {} cannot be read: {}",
                                run.id,
                                result.diagnostics.empty() ? "" : result.diagnostics[0].message));
    }
    return std::move(*result.image_template);
}

std::string to_json_text(const TemplateArguments& arguments) {
    boost::json::array parameters;
    for (const auto& parameter : arguments.parameters) {
        parameters.push_back(boost::json::value(parameter));
    }
    return boost::json::serialize(
        boost::json::object{{"file", absolute_or_empty(arguments.file)},
                            {"parameters", parameters},
                            {"parametersFile", absolute_or_empty(arguments.parameters_file)},
                            {"apiVersion", arguments.api_version},
                            {"name", arguments.name}});
}

std::optional<TemplateArguments> template_arguments_of(const build::Run& run) {
    if (run.template_arguments.empty()) {
        return std::nullopt;
    }
    const auto json = base::parse_own_json(run.template_arguments, "how the run was asked for");
    const auto text = [&](const char* name) { return std::string(json.at(name).as_string()); };
    TemplateArguments arguments{.file = text("file"),
                                .parameters = {},
                                .parameters_file = text("parametersFile"),
                                .api_version = text("apiVersion"),
                                .name = text("name")};
    for (const auto& parameter : json.at("parameters").as_array()) {
        arguments.parameters.emplace_back(parameter.as_string());
    }
    return arguments;
}

std::optional<int> customizer_number(std::string_view step_id) {
    constexpr std::string_view kPrefix = "customize[";
    int number = 0;
    if (!step_id.starts_with(kPrefix) ||
        std::from_chars(step_id.data() + kPrefix.size(), step_id.data() + step_id.size(), number)
                .ec != std::errc()) {
        return std::nullopt;
    }
    return number;
}

}  // namespace ingot::cli
