// SPDX-License-Identifier: Apache-2.0
// What a run was made of, remembered beside the layers: so that a person can go back to the state
// before any of its steps (`ingot debug`), and be told what a template says differently from last
// time (`ingot plan --explain`). A cache like the layers: it may be gone.
#pragma once

#include "base/digest.h"
#include "base/timestamp.h"
#include "build/layers/layer_plan.h"
#include "build/run.h"
#include "build/state_folder.h"
#include "build/step_input.h"
#include "build/steps.h"

#include <optional>
#include <string>
#include <vector>

namespace ingot::build {

struct TracedStep {
    std::string id;
    std::string title;
    base::Sha256Digest before;  // the layer it began in
    StepInputs inputs;
};

struct RunTrace {
    std::string run_id;
    base::Timestamp time;
    LayerRoot root;
    std::vector<TracedStep> steps;
};

// Best effort: a run does not fail because it cannot be remembered.
void trace_run(const StateFolder& folder,
               const Run& run,
               const LayerRoot& root,
               const LayerPlan& plan,
               const std::vector<PreparedStep>& steps);

// Nothing if it is gone.
[[nodiscard]] std::optional<RunTrace> trace_of(const StateFolder& folder,
                                               const std::string& run_id);

// Of the last run of the template that this run would be one of: of the same name, from the same
// folder or resource.
[[nodiscard]] std::optional<RunTrace> last_trace(const StateFolder& folder, const Run& run);

// Removes the traces of runs before this time.
void forget_traces(const StateFolder& folder, base::Timestamp before);

}  // namespace ingot::build
