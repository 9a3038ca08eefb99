// SPDX-License-Identifier: Apache-2.0
#include "build/run.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace ingot::build {
namespace {

template <typename Value, std::size_t Count>
using Words = std::array<std::pair<Value, std::string_view>, Count>;

constexpr Words<RunState, 6> kStates = {{
    {RunState::Running, "Running"},
    {RunState::Canceling, "Canceling"},
    {RunState::Succeeded, "Succeeded"},
    {RunState::PartiallySucceeded, "PartiallySucceeded"},
    {RunState::Failed, "Failed"},
    {RunState::Canceled, "Canceled"},
}};

constexpr Words<RunSubState, 6> kSubStates = {{
    {RunSubState::None, "None"},
    {RunSubState::Queued, "Queued"},
    {RunSubState::Building, "Building"},
    {RunSubState::Customizing, "Customizing"},
    {RunSubState::Validating, "Validating"},
    {RunSubState::Distributing, "Distributing"},
}};

constexpr Words<FailureCause, 12> kCauses = {{
    {FailureCause::None, "None"},
    {FailureCause::Template, "Template"},
    {FailureCause::Source, "Source"},
    {FailureCause::BuildVm, "BuildVm"},
    {FailureCause::Customizer, "Customizer"},
    {FailureCause::Generalize, "Generalize"},
    {FailureCause::Validator, "Validator"},
    {FailureCause::Distribution, "Distribution"},
    {FailureCause::Timeout, "Timeout"},
    {FailureCause::Canceled, "Canceled"},
    {FailureCause::Internal, "Internal"},
    {FailureCause::WorkerDied, "WorkerDied"},
}};

constexpr Words<EventKind, 4> kEventKinds = {{
    {EventKind::StepStarted, "StepStarted"},
    {EventKind::StepFinished, "StepFinished"},
    {EventKind::Output, "Output"},
    {EventKind::Note, "Note"},
}};

template <typename Value, std::size_t Count>
std::string word_for(const Words<Value, Count>& words, Value value) {
    const auto found = std::ranges::find(words, value, &std::pair<Value, std::string_view>::first);
    return std::string(found->second);
}

template <typename Value, std::size_t Count>
std::optional<Value> value_of(const Words<Value, Count>& words, std::string_view text) {
    const auto found = std::ranges::find(words, text, &std::pair<Value, std::string_view>::second);
    return found == words.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace

std::string to_string(RunState state) {
    return word_for(kStates, state);
}

std::string to_string(RunSubState state) {
    return word_for(kSubStates, state);
}

std::string to_string(FailureCause cause) {
    return word_for(kCauses, cause);
}

std::string to_string(EventKind kind) {
    return word_for(kEventKinds, kind);
}

std::optional<RunState> run_state_from(std::string_view text) {
    return value_of(kStates, text);
}

std::optional<RunSubState> run_sub_state_from(std::string_view text) {
    return value_of(kSubStates, text);
}

std::optional<FailureCause> failure_cause_from(std::string_view text) {
    return value_of(kCauses, text);
}

std::optional<EventKind> event_kind_from(std::string_view text) {
    return value_of(kEventKinds, text);
}

}  // namespace ingot::build
