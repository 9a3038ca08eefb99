// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/json.h"
#include "build/guest_door.h"
#include "cli/commands.h"
#include "cli/local_store.h"
#include "cli/progress/elapsed.h"
#include "cli/progress/step_clock.h"
#include "cli/recorded_runs.h"
#include "execution/local_executor.h"
#include "os/wait.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::size_t kEventsShownAtOnce = 1000;
constexpr auto kLookEvery =
    std::chrono::milliseconds(250);  // a run of another process rings no bell

boost::json::object to_json(const build::Run& run) {
    return {{"id", run.id},
            {"template", run.template_name},
            {"state", build::to_string(run.state)},
            {"subState", build::to_string(run.sub_state)},
            {"exactSource", run.exact_source},
            {"started", base::to_rfc3339(run.started)},
            {"ended", run.ended ? boost::json::value(base::to_rfc3339(*run.ended)) : nullptr},
            {"failure",
             {{"cause", build::to_string(run.failure.cause)},
              {"code", run.failure.code},
              {"message", run.failure.message},
              {"step", run.failure.step}}}};
}

// Returns the last one's number.
template <typename Take>
std::int64_t for_each_event(LocalStore& store,
                            const std::string& run_id,
                            const Take& take,
                            std::int64_t last = 0) {
    while (true) {
        const auto events = store.runs().events_after(run_id, last, kEventsShownAtOnce);
        for (const auto& event : events) {
            take(event);
            last = event.sequence;
        }
        if (events.size() < kEventsShownAtOnce) {
            return last;
        }
    }
}

void print_log_line(const build::RunEvent& event) {
    const auto time = base::to_rfc3339(event.time);
    switch (event.kind) {
        case build::EventKind::StepStarted:
            fmt::print("{} [{}] start: {}\n", time, event.step, event.title);
            break;
        case build::EventKind::StepFinished:
            fmt::print("{} [{}] {}{}\n",
                       time,
                       event.step,
                       event.succeeded ? "done" : "FAILED: ",
                       event.text);
            break;
        case build::EventKind::Output:
            fmt::print("{} [{}] {} {}\n",
                       time,
                       event.step,
                       event.stream == build::OutputStream::Err ? "ERR" : "OUT",
                       event.text);
            break;
        case build::EventKind::Note:
            fmt::print("{} [{}] -- {}\n", time, event.step, event.text);
            break;
    }
}

}  // namespace

ExitCode run_list_command(const Settings& settings, OutputForm output) {
    LocalStore store(settings);
    store.recover(settings.state);
    boost::json::array list;
    for (const auto& run : store.runs().list()) {
        if (output == OutputForm::Json) {
            list.push_back(to_json(run));
            continue;
        }
        fmt::print("{}  {}  {:18} {:>8}  {}\n",
                   run.id,
                   base::to_rfc3339(run.started).substr(0, 19),
                   build::to_string(run.state),
                   run.ended ? for_people(*run.ended - run.started) : "",
                   run.template_name);
    }
    if (output == OutputForm::Json) {
        fmt::print("{}", base::pretty_json(list));
    }
    return ExitCode::Success;
}

ExitCode run_show_command(const Settings& settings, const std::string& id) {
    LocalStore store(settings);
    store.recover(settings.state);
    const auto run = find_run(store, id);
    auto json = to_json(run);
    boost::json::array steps;
    StepClock clock;
    static_cast<void>(for_each_event(store, run.id, [&](const build::RunEvent& event) {
        if (event.kind == build::EventKind::StepStarted) {
            clock.started(event);
        } else if (event.kind == build::EventKind::StepFinished) {
            steps.push_back(boost::json::object{
                {"step", event.step},
                {"title", clock.title_of(event.step)},
                {"succeeded", event.succeeded},
                {"milliseconds", clock.since_start(event.step, event.time).count()},
                {"exitCode", event.exit_code ? boost::json::value(*event.exit_code) : nullptr}});
        }
    }));
    json["steps"] = steps;
    boost::json::array outputs;
    for (const auto& output : store.images().outputs_of(run.id)) {
        outputs.push_back(boost::json::object{{"name", output.name},
                                              {"artifactId", output.artifact_id},
                                              {"artifactUri", output.artifact_uri}});
    }
    json["outputs"] = outputs;
    fmt::print("{}", base::pretty_json(json));
    return ExitCode::Success;
}

ExitCode run_logs_command(const Settings& settings,
                          const std::string& id,
                          bool follow,
                          const base::Cancellation& cancellation) {
    LocalStore store(settings);
    const auto run = find_run(store, id);
    std::int64_t last = 0;
    while (true) {
        // Asked before the events are read: what a run writes last, it writes before its end.
        if (follow) {
            store.recover(settings.state);
        }
        const auto now = store.runs().find(run.id);
        last = for_each_event(store, run.id, print_log_line, last);
        if (!follow || !now || build::is_final(now->state)) {
            return ExitCode::Success;
        }
        std::fflush(stdout);
        os::pause_for(kLookEvery, cancellation);
    }
}

ExitCode run_cancel_command(const Settings& settings, const std::string& id) {
    LocalStore store(settings);
    store.recover(settings.state);
    const auto run = find_run(store, id);
    if (build::is_final(run.state)) {
        throw Error(
            ErrorKind::Conflict,
            "OperationNotAllowed",
            fmt::format("run {} has ended already: {}", run.id, build::to_string(run.state)),
            run.id);
    }
    execution::ask_worker_to_cancel(settings.state, run.id);
    fmt::print("canceling run {}\n", run.id);
    return ExitCode::Success;
}

ExitCode run_shell_command(const Settings& settings,
                           const std::string& id,
                           const base::Cancellation& cancellation) {
    LocalStore store(settings);
    const auto run = find_run(store, id);
    const auto guest =
        guest::wait_until_ready(build::through_door(settings.state.run(run.id)), cancellation);
    const int exit_code = guest->interactive_shell(cancellation);
    return exit_code == 0 ? ExitCode::Success : ExitCode::Customizer;
}

}  // namespace ingot::cli
