// SPDX-License-Identifier: Apache-2.0
#include "build/layers/layered_vm.h"

#include "base/error.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace ingot::build {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr const char* kBoot = "boot";

// Sealing costs at most this, or a twentieth of the step, whichever is longer.
constexpr std::chrono::nanoseconds kSealBudget = 500ms;
constexpr int kSealShare = 20;

double seconds(std::chrono::nanoseconds duration) {
    return std::chrono::duration<double>(duration).count();
}

std::string age_of(base::Timestamp time) {
    const auto age = std::chrono::duration_cast<std::chrono::minutes>(base::now() - time);
    return age < 2h ? fmt::format("{} min", age.count()) : fmt::format("{} h", age.count() / 60);
}

// What fails only because of the state that a machine was to go on from: without it all may be
// well.
bool is_the_layers_fault(const base::Error& error) {
    constexpr std::array kCodes = {"FileDamaged", "StateOfAnotherMachine", "MigrationFailed"};
    return std::ranges::find(kCodes, error.code()) != kCodes.end() ||
           (error.kind() == base::ErrorKind::GuestFailed && error.code() != "DiskFull");
}

}  // namespace

LayeredVm::LayeredVm(const LayeredVmRequest& request,
                     const LayerCache& cache,
                     StepRecorder& recorder)
    : request_(request), cache_(cache), recorder_(recorder) {}

BuildVm LayeredVm::customize(const std::vector<PreparedStep>& steps, const RunStep& run_step) {
    auto [vm, done] = begin(steps);
    last_seal_ = Clock::now();
    for (; done < steps.size(); ++done) {
        run_step(vm, steps[done]);
        // The next layer is claimed before this one can be seen: who waits for this one then waits
        // for that one too, instead of doing the same work beside us.
        const bool more = done + 1 < steps.size();
        if (more) {
            claim(done + 2);
        }
        seal(vm, done + 1, &steps[done]);
        claims_.erase(claims_.begin(), claims_.end() - (more && !claims_.empty() ? 1 : 0));
    }
    return std::move(vm);
}

LayeredVm::Begin LayeredVm::begin(const std::vector<PreparedStep>& steps) {
    return recorder_.run(kBoot, "Start the VM", FailureCause::BuildVm, [&] {
        for (const auto& folder : cache_.drop_unreadable()) {
            recorder_.note(kBoot,
                           fmt::format("a layer is damaged and was dropped: {} cannot be read",
                                       folder.string()));
        }
        while (true) {
            auto layer = wait_for_turn(steps.size());
            const auto key = layer ? std::optional(layer->layer.facts().key) : std::nullopt;
            try {
                return start(steps, std::move(layer));
            } catch (const base::Error& error) {
                if (!key || !is_the_layers_fault(error)) {
                    throw;
                }
                const auto* what = error.code() == "FileDamaged" ? "is damaged" : "is of no use";
                recorder_.note(
                    kBoot, fmt::format("a layer {} and was dropped: {}", what, error.message()));
                standing_on_.reset();
                static_cast<void>(cache_.drop(*key));
            }
        }
    });
}

// The layer to begin from. Who has to make the next one has claimed it.
std::optional<UsableLayer> LayeredVm::wait_for_turn(std::size_t steps) {
    while (true) {
        claims_.clear();
        standing_on_.reset();
        auto layer = request_.choices.use_warm
                         ? deepest_layer(request_.plan, cache_, request_.policy)
                         : std::nullopt;
        const std::size_t next = layer ? layer->done + 1 : 0;
        if (next > steps || !request_.choices.use_cache || claim(next)) {
            if (next == 0 && steps > 0) {
                claim(1);
            }
            return layer;
        }
        layer.reset();
        recorder_.note(kBoot, "another run is making the layer that comes next: waiting for it");
        recorder_.journal().flush();
        static_cast<void>(cache_.claim(request_.plan.keys[next], recorder_.scope()));
    }
}

bool LayeredVm::claim(std::size_t done) {
    auto lock = cache_.try_claim(request_.plan.keys[done]);
    if (lock) {
        claims_.push_back(std::move(*lock));
    }
    return lock.has_value();
}

LayeredVm::Begin LayeredVm::start(const std::vector<PreparedStep>& steps,
                                  std::optional<UsableLayer> usable) {
    if (usable) {
        standing_on_ = std::move(usable->layer);
        LayerCache::verify_overlays(*standing_on_, recorder_.scope());
        Begin begin{start_vm({.overlays = standing_on_->overlays(),
                              .memory = standing_on_->memory_folder(),
                              .machine = standing_on_->facts().machine}),
                    usable->done};
        if (usable->done > 0) {
            born_ = standing_on_->facts().born;
            record_as_done(steps, usable->done, *standing_on_);
        }
        return begin;
    }
    Begin begin{start_vm({}), 0};
    request_.prepare(begin.vm);
    seal(begin.vm, 0, nullptr);
    return begin;
}

BuildVm LayeredVm::start_vm(const EarlierState& from) {
    auto request = request_.vm;
    request.from = from;
    request.folder = request_.vm.folder / fmt::format("{}-{}", kBoot, starts_++);
    os::make_folders(request.folder);
    return BuildVm::start(request, recorder_.scope());
}

void LayeredVm::record_as_done(const std::vector<PreparedStep>& steps,
                               std::size_t done,
                               const Layer& layer) {
    for (std::size_t i = 0; i < done; ++i) {
        auto& journal = recorder_.journal();
        journal.start_step(steps[i].id, steps[i].title);
        journal.note(steps[i].id,
                     fmt::format("from cache: layer {}, {} old",
                                 request_.plan.keys[i + 1].hex().substr(0, 12),
                                 age_of(layer.facts().born)));
        journal.finish_step(steps[i].id, true);
    }
}

// The time since the last layer is what would be lost without one. Steps too short to be worth a
// state are done again with the next.
void LayeredVm::seal(BuildVm& vm, std::size_t done, const PreparedStep* step) {
    const auto started = Clock::now();
    if (!vm.can_be_sealed() || !pays(started - last_seal_)) {
        return;
    }
    const auto& id = step != nullptr ? step->id : std::string(kBoot);
    const auto not_kept = [&](const base::Error& error) {
        recorder_.note(id, fmt::format("the layer could not be kept: {}", error.message()));
    };
    std::optional<os::ScratchFolder> draft;
    try {
        draft.emplace(cache_.draft(request_.run_id));
    } catch (const base::Error& error) {
        not_kept(error);
        return;
    }
    const auto sealed = vm.seal(draft->path() / "memory", recorder_.scope());
    if (done > 0) {  // the first state is all of the memory, the others what changed in it
        last_cost_ = Clock::now() - started;
    }
    last_seal_ = Clock::now();
    try {
        if (!sealed.no_memory_because.empty()) {
            throw base::Error(base::ErrorKind::Unavailable, "NoMemory", sealed.no_memory_because);
        }
        const std::vector<os::Path> frozen(vm.overlays().begin() + 1, vm.overlays().end());
        cache_.keep(std::move(*draft), facts_of(vm, done, step), frozen, recorder_.scope());
        prune_layers(cache_, request_.policy.size);
        recorder_.note(id,
                       fmt::format("layer {} sealed in {:.2f} s ({} of memory written)",
                                   request_.plan.keys[done].hex().substr(0, 12),
                                   seconds(Clock::now() - started),
                                   base::to_string(sealed.written)));
    } catch (const base::Error& error) {
        not_kept(error);
    }
}

LayerFacts LayeredVm::facts_of(const BuildVm& vm,
                               std::size_t done,
                               const PreparedStep* step) const {
    LayerFacts facts{.key = request_.plan.keys[done],
                     .base = request_.vm.base.facts.digest,
                     .title = step != nullptr ? step->title : "Start the VM",
                     .born = born_,
                     .sealed = base::now(),
                     .machine = vm.machine_identity()};
    if (step != nullptr) {
        facts.parent = request_.plan.keys[done - 1];
        facts.inputs = step->customizer->inputs();
    }
    return facts;
}

bool LayeredVm::pays(std::chrono::nanoseconds work) const {
    return last_cost_ <= std::max(kSealBudget, work / kSealShare);
}

void prune_layers(const LayerCache& cache, base::ByteCount size) {
    if (cache.size() <= size) {
        return;
    }
    for (const auto& entry : cache.list()) {
        if (cache.size() <= size) {
            break;
        }
        static_cast<void>(cache.drop(entry.facts.key));
    }
}

}  // namespace ingot::build
