// SPDX-License-Identifier: Apache-2.0
// A run: one carrying-out of a template, and the journal of what happened in it. Plain values that
// worker and client exchange through the store; run_repository.h keeps them. State names are the
// service's (lastRunStatus.runState and runSubState).
#pragma once

#include "base/timestamp.h"

#include <cstdint>
#include <optional>
#include <string>

namespace ingot::build {

enum class RunState { Running, Canceling, Succeeded, PartiallySucceeded, Failed, Canceled };
enum class RunSubState { None, Queued, Building, Customizing, Validating, Distributing };

// Which part of a run failed: decides the exit code of `ingot build` (cli/exit_code.h).
enum class FailureCause {
    None,
    Template,      // the template asks for what cannot be
    Source,        // the source could not be had
    BuildVm,       // the build VM did not start, answer or survive
    Customizer,    // a customizer failed
    Generalize,    // the deprovisioning failed
    Validator,     // a validator failed
    Distribution,  // one or more targets could not be written
    Timeout,       // buildTimeoutInMinutes
    Canceled,
    Internal,  // a bug, or the host failed us
    WorkerDied,
};

struct RunFailure {
    FailureCause cause = FailureCause::None;
    std::string code{};
    std::string message{};
    std::string step{};  // id of the step that failed, or empty
};

// How a run may use what earlier runs left behind (flags of `ingot build`).
struct BuildChoices {
    bool use_cache = true;    // layers and sealed images
    bool use_warm = true;     // memory states
    bool cloud_init = false;  // the ordinary way in, for scripts that need cloud-init to have run
    std::optional<int> from_step{};  // this customizer and those after it run anew

    auto operator<=>(const BuildChoices&) const = default;
};

struct Run {
    std::string id{};
    std::string template_name{};
    std::string template_json{};    // the evaluated resource
    std::string template_folder{};  // what relative script and file paths mean; absolute
    std::string exact_source{};     // filled in once the source is resolved
    RunState state = RunState::Running;
    RunSubState sub_state = RunSubState::Queued;
    base::Timestamp started{};
    std::optional<base::Timestamp> ended{};
    RunFailure failure{};
    bool keep_vm_on_error = false;
    // The key of the image template resource that was run; empty for a run of `ingot build`. Set
    // for runs that may have to wait for their turn.
    std::string template_key{};
    BuildChoices choices{};
    // How `ingot build` was told its template, for `ingot retry`; empty for others' runs.
    std::string template_arguments{};
};

[[nodiscard]] inline bool is_final(RunState state) {
    return state != RunState::Running && state != RunState::Canceling;
}

// JSON, as the store keeps it. Nothing for what is no such text.
[[nodiscard]] std::string to_json_text(const BuildChoices& choices);
[[nodiscard]] std::optional<BuildChoices> build_choices_from(std::string_view text);

[[nodiscard]] std::string to_string(RunState state);
[[nodiscard]] std::string to_string(RunSubState state);
[[nodiscard]] std::string to_string(FailureCause cause);
[[nodiscard]] std::optional<RunState> run_state_from(std::string_view text);
[[nodiscard]] std::optional<RunSubState> run_sub_state_from(std::string_view text);
[[nodiscard]] std::optional<FailureCause> failure_cause_from(std::string_view text);

enum class EventKind {
    StepStarted,
    StepFinished,  // exit_code, and text = cause if it failed
    Output,        // one line of the guest's or a tool's output; text is the line
    Note,          // one line from Ingot itself
};

enum class OutputStream { None, Out, Err };

// Step ids are stable words: "source", "boot", "customize[0]", "generalize", "shutdown", "seal",
// "validate[0]", "distribute[1]". `title` is for people.
struct RunEvent {
    std::int64_t sequence = 0;  // given by the repository, rising within a run
    base::Timestamp time{};
    EventKind kind = EventKind::Note;
    std::string step{};
    std::string title{};  // StepStarted only
    OutputStream stream = OutputStream::None;
    std::string text{};
    std::optional<int> exit_code{};
    bool succeeded = false;  // StepFinished only
};

[[nodiscard]] std::string to_string(EventKind kind);
[[nodiscard]] std::optional<EventKind> event_kind_from(std::string_view text);

}  // namespace ingot::build
