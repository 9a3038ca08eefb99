// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "build/journal.h"
#include "build/run_builder.h"
#include "cli/commands.h"
#include "cli/local_store.h"
#include "cli/recorded_runs.h"
#include "execution/local_executor.h"
#include "os/signals.h"
#include "sources/catalog.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <unistd.h>

namespace ingot::cli {
namespace {

using base::Error;
using base::ErrorKind;

// Whoever follows may have gone: then nobody needs to be woken.
void ring(int doorbell) {
    [[maybe_unused]] const auto ignored = ::write(doorbell, "!", 1);
}

void carry_out(const Settings& settings, const build::Run& run, const base::Cancellation& scope) {
    LocalStore store(settings);
    build::Journal journal(store.runs(), run.id, [] { ring(execution::kDoorbellFd); });
    const auto fail = [&](const Error& error) {
        auto failed = run;
        failed.state = build::RunState::Failed;
        failed.ended = base::now();
        failed.failure = {build::FailureCause::Internal, error.code(), error.message(), ""};
        journal.update(failed);
    };
    try {
        const auto catalog = sources::Catalog::load(settings.catalog);
        build::RunBuilder builder(run,
                                  template_of(run),
                                  {store.images(), store.storage(), catalog, settings.state},
                                  journal);
        builder.carry_out(scope);
    } catch (const Error& error) {
        fail(error);
    }
}

}  // namespace

ExitCode worker_command(const Settings& settings, const std::string& run_id) {
    const base::Cancellation scope;
    const os::SignalListener signals([scope](int) { scope.cancel(base::CancelCause::User); });
    const os::HangupListener lifeline(execution::kLifelineFd,
                                      [scope] { scope.cancel(base::CancelCause::ParentGone); });
    execution::become_worker();
    const auto run = LocalStore(settings).runs().find(run_id);
    if (!run) {
        throw Error(
            ErrorKind::NotFound,
            "RunNotFound",
            fmt::format("there is no run {} (workers are started by `ingot build`)", run_id),
            run_id);
    }
    // Who canceled it before the lock was signed found nobody to tell.
    if (run->state == build::RunState::Canceling) {
        scope.cancel(base::CancelCause::User);
    }
    carry_out(settings, *run, scope);
    return ExitCode::Success;
}

}  // namespace ingot::cli
