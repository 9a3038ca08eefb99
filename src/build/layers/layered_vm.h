// SPDX-License-Identifier: Apache-2.0
// The build VM of a run that starts at the deepest layer there is, and leaves a layer after every
// step: what decides which states are used, made, waited for and kept in memory form. What a step
// does, and what happens to the machine afterwards, is the pipeline's business.
#pragma once

#include "build/build_vm.h"
#include "build/layers/layer_cache.h"
#include "build/layers/layer_plan.h"
#include "build/steps.h"
#include "os/file_lock.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ingot::build {

struct LayeredVmRequest {
    std::string run_id;
    BuildVmRequest vm;  // `folder` is where each start gets a folder of its own
    LayerPlan plan;
    BuildChoices choices;
    CachePolicy policy;
    // Done once in a guest that has just booted, before its state is the first layer.
    std::function<void(BuildVm&)> prepare;
};

class LayeredVm {
  public:
    using RunStep = std::function<void(BuildVm& vm, const PreparedStep& step)>;

    // References must outlive this.
    LayeredVm(const LayeredVmRequest& request, const LayerCache& cache, StepRecorder& recorder);

    // The machine after the last step. Steps that are in a layer are put on record as done. A layer
    // that is damaged is dropped, which is said, and what it held is made anew; another run that is
    // just making the layer this one needs next is waited for. Throws RunFailed, Cancelled.
    [[nodiscard]] BuildVm customize(const std::vector<PreparedStep>& steps,
                                    const RunStep& run_step);

    // When the oldest step in the machine's state ran.
    [[nodiscard]] base::Timestamp born() const { return born_; }

  private:
    struct Begin {
        BuildVm vm;
        std::size_t done;
    };

    Begin begin(const std::vector<PreparedStep>& steps);
    std::optional<UsableLayer> wait_for_turn(std::size_t steps);
    Begin start(const std::vector<PreparedStep>& steps, std::optional<UsableLayer> layer);
    BuildVm start_vm(const EarlierState& from);
    void record_as_done(const std::vector<PreparedStep>& steps,
                        std::size_t done,
                        const Layer& layer);
    void seal(BuildVm& vm, std::size_t done, const PreparedStep* step);
    [[nodiscard]] LayerFacts facts_of(const BuildVm& vm,
                                      std::size_t done,
                                      const PreparedStep* step) const;
    [[nodiscard]] bool pays(std::chrono::nanoseconds work) const;
    bool claim(std::size_t done);

    const LayeredVmRequest& request_;
    const LayerCache& cache_;
    StepRecorder& recorder_;
    std::vector<os::FileLock> claims_;
    std::optional<Layer> standing_on_;  // not to be evicted
    base::Timestamp born_ = base::now();
    int starts_ = 0;
    std::chrono::steady_clock::time_point last_seal_ = std::chrono::steady_clock::now();
    std::chrono::nanoseconds last_cost_{};
};

// Brings the cache under the size: those used least recently first, and none that a running build
// stands on.
void prune_layers(const LayerCache& cache, base::ByteCount size);

}  // namespace ingot::build
