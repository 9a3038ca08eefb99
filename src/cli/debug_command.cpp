// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/uuid.h"
#include "build/build_vm.h"
#include "build/layers/layer_cache.h"
#include "build/layers/run_trace.h"
#include "build/machine_shape.h"
#include "cli/commands.h"
#include "cli/guest_session.h"
#include "cli/recorded_runs.h"
#include "sources/base_disk.h"

#include <chrono>

#include <fmt/format.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;

constexpr const char* kFolder = "/tmp/ingot-debug";

// The state to show: the one before the wanted step, or the nearest before it that was kept.
struct Place {
    std::size_t wanted;
    std::size_t kept;
    build::Layer layer;
};

build::RunTrace require_trace(const Settings& settings, const build::Run& run) {
    if (auto trace = build::trace_of(settings.state, run.id)) {
        return std::move(*trace);
    }
    throw Error(ErrorKind::NotFound,
                "StateGone",
                fmt::format("nothing is known any more about the steps of run {}; build its "
                            "template again",
                            run.id),
                run.id);
}

std::size_t wanted_step(const DebugOptions& options,
                        const build::Run& run,
                        const build::RunTrace& trace) {
    const auto number = options.step ? options.step : customizer_number(run.failure.step);
    if (!number) {
        throw Error(
            ErrorKind::InvalidArgument,
            "NoFailedStep",
            fmt::format("run {} did not fail in a customizer; name one with --step N", run.id),
            run.id);
    }
    const auto step = static_cast<std::size_t>(*number);
    if (step >= trace.steps.size()) {
        throw Error(ErrorKind::InvalidArgument,
                    "NoSuchStep",
                    fmt::format("run {} has customizers 0 to {}", run.id, trace.steps.size() - 1),
                    run.id);
    }
    return step;
}

Place find_place(const build::LayerCache& cache, const build::RunTrace& trace, std::size_t wanted) {
    constexpr std::chrono::hours kAnyAge{24 * 36500};
    for (auto step = wanted + 1; step-- > 0;) {
        if (auto layer = cache.find(trace.steps[step].before, kAnyAge)) {
            return {wanted, step, std::move(*layer)};
        }
    }
    throw Error(ErrorKind::NotFound,
                "StateGone",
                fmt::format("no state before {} of run {} is in the cache any more; build the "
                            "template again",
                            trace.steps[wanted].id,
                            trace.run_id),
                trace.run_id);
}

sources::BaseDisk base_of(const Settings& settings,
                          LocalStore& store,
                          const build::Run& run,
                          const build::RunTrace& trace,
                          const base::Cancellation& cancellation) {
    const auto catalog = sources::Catalog::load(settings.catalog);
    sources::BaseDisks disks(catalog, store.images(), store.storage(), settings.state.cache());
    auto base = disks.resolve(
        template_of(run).source,
        [](std::string_view line) { fmt::print(stderr, "{}\n", line); },
        cancellation);
    if (base.facts.digest != trace.root.base) {
        throw Error(ErrorKind::PreconditionFailed,
                    "SourceChanged",
                    fmt::format("the source of run {} is another image now; its states cannot be "
                                "used any more. Build the template again",
                                run.id),
                    run.id);
    }
    return base;
}

std::string script_of(const build::TracedStep& step) {
    for (const auto& input : step.inputs) {
        if (input.name == "script") {
            return input.value;
        }
    }
    std::string text;
    for (const auto& input : step.inputs) {
        text += fmt::format("# {}: {}\n", input.name, input.value);
    }
    return text;
}

// The scripts of the steps that the state does not have, the wanted one last.
void put_scripts(build::BuildVm& vm,
                 const build::RunTrace& trace,
                 const Place& place,
                 const base::Cancellation& scope) {
    static_cast<void>(vm.guest().capture(fmt::format("mkdir -p {}", kFolder), scope));
    for (auto step = place.kept; step <= place.wanted; ++step) {
        const auto file = fmt::format("{}/customize-{}.sh", kFolder, step);
        vm.guest().upload(script_of(trace.steps[step]), file, 0755, scope);
        fmt::print(
            stderr,
            "{} ({}): {}\n",
            trace.steps[step].id,
            step == place.wanted ? "the step itself" : "too short to have a state of its own",
            file);
    }
}

}  // namespace

ExitCode debug_command(const Settings& settings,
                       const DebugOptions& options,
                       const base::Cancellation& cancellation) {
    LocalStore store(settings);
    store.recover(settings.state);
    const auto run = find_run(store, options.run);
    const auto trace = require_trace(settings, run);
    const build::LayerCache cache(settings.state.layers());
    const auto place = find_place(cache, trace, wanted_step(options, run, trace));
    build::LayerCache::verify_overlays(place.layer, cancellation);
    const auto base = base_of(settings, store, run, trace, cancellation);
    const auto scratch = os::ScratchFolder::temporary();
    auto vm = build::BuildVm::start(
        {.base = base,
         .disk_size = trace.root.disk_size,
         .shape = {trace.root.vcpus, trace.root.memory},
         .folder = scratch.path(),
         .cache = settings.state.cache(),
         .instance_id = base::new_uuid(),
         .way_in = trace.root.way_in == "direct" ? build::WayIn::Fastest : build::WayIn::Ordinary,
         .from = {.overlays = place.layer.overlays(),
                  .memory = place.layer.memory_folder(),
                  .machine = place.layer.facts().machine},
         .sealable = true,
         .say = [](std::string_view line) { fmt::print(stderr, "{}\n", line); }},
        cancellation);
    vm.machine().while_alive(cancellation, [&](const base::Cancellation& scope) {
        put_scripts(vm, trace, place, scope);
    });
    fmt::print(stderr,
               "this machine is a fork of the state before {}; nothing that happens here is kept\n",
               trace.steps[place.kept].id);
    return use_guest(vm, options.command, cancellation);
}

}  // namespace ingot::cli
