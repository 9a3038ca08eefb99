// SPDX-License-Identifier: Apache-2.0
#include "base/ascii.h"
#include "templates/reading/parts.h"
#include "templates/schema/spelling.h"

#include <fmt/format.h>

namespace ingot::templates {
namespace {

// Exactly one of the two says what to run.
void check_script(const Node& step, std::string_view list, Findings& findings) {
    const bool has_lines = !step.texts("inline").empty();
    if (step.has("scriptUri") != has_lines || findings.has_error_within(step.path())) {
        return;
    }
    const auto uri = spelled("scriptUri", findings.version());
    findings.invalid(list == "customize" ? "NoCustomizerScript" : "NoValidatorScript",
                     step.path(),
                     has_lines
                         ? fmt::format("Both '{}' and 'inline' are given; exactly one of them says "
                                       "what to run.",
                                       uri)
                         : fmt::format("Neither '{}' nor 'inline' is given, so there is nothing to "
                                       "run.",
                                       uri));
}

std::string checksum_of(const Node& step) {
    return base::to_lower(step.text("sha256Checksum"));
}

void check_elevation(const Node& step, Findings& findings) {
    if (step.boolean("runAsSystem") && !step.boolean("runElevated")) {
        findings.invalid("ValidationFailed",
                         step.path(),
                         "'runAsSystem' needs 'runElevated' to be true as well.");
    }
}

Step read_step(const Node& node, std::string_view list, Findings& findings) {
    const std::string type = node.text("type");
    Step step{.name = node.text("name"), .action = {}};
    if (type == "Shell" || type == "PowerShell") {
        check_script(node, list, findings);
    }
    if (type == "Shell") {
        step.action = ShellStep{.script_uri = node.text("scriptUri"),
                                .inline_lines = node.texts("inline"),
                                .sha256_checksum = checksum_of(node)};
    } else if (type == "File") {
        step.action = FileStep{.source_uri = node.text("sourceUri"),
                               .destination = node.text("destination"),
                               .sha256_checksum = checksum_of(node)};
    } else if (!type.empty()) {
        check_elevation(node, findings);
        step.action = WindowsStep{type};
    }
    return step;
}

// Once: a template for Windows has many of them.
void warn_of_windows(const Node& step, Findings& findings) {
    findings.add(
        Severity::Warning,
        "WindowsOnly",
        step.path(),
        fmt::format("'{}' is for Windows sources, which Ingot does not build yet; a run of "
                    "this template cannot carry it out.",
                    step.text("type")));
}

}  // namespace

std::vector<Step> read_steps(const Node& owner, std::string_view list, Findings& findings) {
    std::vector<Step> steps;
    bool warned = false;
    for (const auto& node : owner.children(list)) {
        steps.push_back(read_step(node, list, findings));
        if (!warned && std::holds_alternative<WindowsStep>(steps.back().action)) {
            warn_of_windows(node, findings);
            warned = true;
        }
    }
    return steps;
}

Validation read_validation(const Node& validate, Findings& findings) {
    return {.steps = read_steps(validate, "inVMValidations", findings),
            .continue_distribute_on_failure = validate.boolean("continueDistributeOnFailure"),
            .source_validation_only = validate.boolean("sourceValidationOnly")};
}

}  // namespace ingot::templates
