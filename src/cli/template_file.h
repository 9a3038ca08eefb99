// SPDX-License-Identifier: Apache-2.0
// A template as a person names it on the command line: the file, its parameters, and all that is
// wrong with it printed at once. Shared by `ingot build`, `ingot template check` and `ingot
// template create`.
#pragma once

#include "arm/template_language/deployment.h"
#include "os/files.h"
#include "templates/model.h"

#include <optional>
#include <string>
#include <vector>

namespace ingot::cli {

struct TemplateArguments {
    std::string file;
    std::vector<std::string> parameters;  // name=value
    std::string parameters_file;
    std::string api_version;  // wins over the file's
    std::string name;         // for a template that has none; empty: from the file's name
};

// Prints every diagnostic on standard error, or as JSON on standard output. Nothing if the template
// has errors. Throws Error if the file cannot be read or a parameter is not of the form name=value.
[[nodiscard]] std::optional<templates::ImageTemplate> read_template_file(
    const TemplateArguments& arguments, bool as_json = false);
// `scope` is where a deployment template is deployed; without it, this host.
[[nodiscard]] std::optional<templates::ImageTemplate> read_template_file(
    const TemplateArguments& arguments, bool as_json, const arm::DeploymentScope& scope);

struct LocalFile {
    std::string path;  // customize[0].scriptUri
    std::string uri;
};

// The scripts and files that only this machine can read.
[[nodiscard]] std::vector<LocalFile> local_files_of(const templates::ImageTemplate& image_template);

}  // namespace ingot::cli
