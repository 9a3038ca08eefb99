// SPDX-License-Identifier: Apache-2.0
#include "build/steps.h"

#include <fmt/format.h>

namespace ingot::build {

std::vector<PreparedStep> prepare_steps(const std::vector<templates::Step>& steps,
                                        const StepSources& sources,
                                        const base::Cancellation& cancellation) {
    const auto cause =
        sources.kind == "customize" ? FailureCause::Customizer : FailureCause::Validator;
    std::vector<PreparedStep> prepared;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        PreparedStep next;
        next.id = fmt::format("{}[{}]", sources.kind, i);
        blame(cause, next.id, [&] {
            next.customizer = make_customizer(steps[i], sources.os_type);
            const auto scratch = sources.scratch / next.id;
            os::make_folders(scratch);
            next.customizer->prepare({sources.template_folder, scratch, cancellation});
        });
        next.title = next.customizer->type();
        next.title += steps[i].name.empty() ? "" : fmt::format(": {}", steps[i].name);
        prepared.push_back(std::move(next));
    }
    return prepared;
}

FailureCause cause_of(const base::Error& error, FailureCause usual) {
    if (error.code() == "DiskFull") {
        return FailureCause::Internal;
    }
    const bool guest_is_gone = error.code() == "BuildVmDied" || error.code() == "GuestPanicked" ||
                               error.code() == "GuestConnectionLost";
    return guest_is_gone ? FailureCause::BuildVm : usual;
}

std::optional<int> exit_code_of(const base::Error& error) {
    const auto* command = dynamic_cast<const GuestCommandFailed*>(&error);
    return command != nullptr ? std::optional(command->exit_code()) : std::nullopt;
}

guest::OutputHandler StepRecorder::output_of(const std::string& id) {
    return [this, id](guest::GuestStream stream, std::string_view line) {
        journal_.output(
            id, stream == guest::GuestStream::Out ? OutputStream::Out : OutputStream::Err, line);
    };
}

}  // namespace ingot::build
