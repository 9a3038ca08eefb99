// SPDX-License-Identifier: Apache-2.0
#include "build/customizers/customizer.h"

#include "base/uuid.h"
#include "build/customizers/file_customizer.h"
#include "build/customizers/shell_customizer.h"
#include "build/last_lines.h"

#include <fmt/format.h>

namespace ingot::build {
std::unique_ptr<Customizer> make_customizer(const templates::Step& step,
                                            const std::string& os_type) {
    if (const auto* shell = std::get_if<templates::ShellStep>(&step.action)) {
        return std::make_unique<ShellCustomizer>(*shell);
    }
    if (const auto* file = std::get_if<templates::FileStep>(&step.action)) {
        return std::make_unique<FileCustomizer>(*file);
    }
    const auto& type = std::get<templates::WindowsStep>(step.action).type;
    throw base::Error(base::ErrorKind::Unsupported,
                      "UnsupportedCustomizerType",
                      fmt::format("{} is for Windows sources and this source is {}", type, os_type),
                      type);
}

GuestCommandFailed::GuestCommandFailed(int exit_code, const std::string& last_lines)
    : Error(base::ErrorKind::GuestFailed,
            "ScriptFailed",
            last_lines.empty()
                ? fmt::format("the script ended with exit code {} and printed nothing", exit_code)
                : fmt::format("the script ended with exit code {}; its last lines:\n{}",
                              exit_code,
                              last_lines)),
      exit_code_(exit_code) {}

void run_script_in_guest(std::string_view script, const StepContext& context) {
    const std::string path = fmt::format("/tmp/script_{}.sh", base::new_uuid().substr(0, 8));
    LastLines last;
    const auto on_output = [&](guest::GuestStream stream, std::string_view line) {
        last.add(line);
        context.on_output(stream, line);
    };
    const int exit_code = context.guest.run_script(script, path, on_output, context.cancellation);
    if (exit_code != 0) {
        throw GuestCommandFailed(exit_code, last.text());
    }
}

}  // namespace ingot::build
