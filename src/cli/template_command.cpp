// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include <fmt/format.h>

namespace ingot::cli {

ExitCode template_check_command(const TemplateArguments& arguments, OutputForm output) {
    const auto image_template = read_template_file(arguments, output == OutputForm::Json);
    if (!image_template) {
        return ExitCode::Template;
    }
    if (output != OutputForm::Json) {
        fmt::print(
            "{}: a valid image template, api-version {}: {} customizers, {} validators, {} "
            "targets\n",
            image_template->name,
            image_template->api_version,
            image_template->customize.size(),
            image_template->validate.steps.size(),
            image_template->distribute.size());
    }
    return ExitCode::Success;
}

}  // namespace ingot::cli
