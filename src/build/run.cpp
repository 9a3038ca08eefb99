// SPDX-License-Identifier: Apache-2.0
#include "build/run.h"

#include "base/json.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <variant>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

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

std::string to_json_text(const BuildChoices& choices) {
    boost::json::object json{{"cache", choices.use_cache},
                             {"warm", choices.use_warm},
                             {"cloudInit", choices.cloud_init}};
    if (choices.from_step) {
        json["fromStep"] = *choices.from_step;
    }
    return boost::json::serialize(json);
}

std::optional<BuildChoices> build_choices_from(std::string_view text) {
    const auto parsed = base::parse_json(text);
    const auto* json = std::get_if<boost::json::value>(&parsed);
    if (json == nullptr || !json->is_object()) {
        return std::nullopt;
    }
    const auto flag = [&](const char* name, bool otherwise) {
        const auto* value = json->as_object().if_contains(name);
        return value != nullptr && value->is_bool() ? value->as_bool() : otherwise;
    };
    BuildChoices choices{.use_cache = flag("cache", true),
                         .use_warm = flag("warm", true),
                         .cloud_init = flag("cloudInit", false)};
    const auto* step = json->as_object().if_contains("fromStep");
    if (step != nullptr && step->is_int64()) {
        choices.from_step = static_cast<int>(step->as_int64());
    }
    return choices;
}

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
