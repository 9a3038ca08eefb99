// SPDX-License-Identifier: Apache-2.0
#include "build/customizers/shell_customizer.h"

#include "artifact/fetch.h"
#include "os/files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::build {

void ShellCustomizer::prepare(const PrepareContext& context) {
    if (step_.script_uri.empty()) {
        // Packer's default inline_shebang, which the service keeps: the first failing line ends it.
        script_ = fmt::format("#!/bin/sh -e\n{}\n", fmt::join(step_.inline_lines, "\n"));
        return;
    }
    const auto file = context.scratch / "script";
    artifact::fetch(step_.script_uri,
                    {.destination = file,
                     .base_folder = context.template_folder,
                     .expected = artifact::Checksum::parse(step_.sha256_checksum)},
                    context.cancellation);
    script_ = os::read_file(file);
}

StepInputs ShellCustomizer::inputs() const {
    return {{"type", type()}, {"script", script_}};
}

void ShellCustomizer::run(const StepContext& context) {
    run_script_in_guest(script_, context);
}

}  // namespace ingot::build
