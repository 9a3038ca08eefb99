// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"
#include "cli/progress/elapsed.h"
#include "cli/progress/progress_view.h"
#include "cli/remote/members.h"
#include "cli/remote/remote_commands.h"
#include "cli/remote/resource_names.h"
#include "cli/remote/run_document.h"
#include "cli/remote/run_watch.h"
#include "cli/remote/service_client.h"

#include <cstdio>

#include <fmt/format.h>

namespace ingot::cli {
namespace {

void print_line(const build::Run& run) {
    fmt::print("{}  {}  {:18} {:>8}  {}\n",
               run.id,
               base::to_rfc3339(run.started).substr(0, 19),
               build::to_string(run.state),
               run.ended ? for_people(*run.ended - run.started) : "",
               run.template_name);
}

}  // namespace

ExitCode run_watch_command(const Remote& remote, const std::string& run) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto id = run_id(client, remote.service, run);
    const auto view = view_for(remote.output);
    try {
        return exit_code_of(watch_run(client, id, *view));
    } catch (const base::Cancelled&) {
        const auto number = id.substr(id.rfind('/') + 1);
        fmt::print(stderr,
                   "\nno longer watching; the run goes on (`ingot run watch {0}` again, "
                   "`ingot template cancel {1}` to end it)\n",
                   number,
                   id.substr(0, id.find("/runs/")));
        return ExitCode::Canceled;
    }
}

ExitCode remote_run_list_command(const Remote& remote) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto list = all_runs(client, remote.service);
    if (remote.output == OutputForm::Json) {
        fmt::print("{}", base::pretty_json(list));
        return ExitCode::Success;
    }
    for (const auto& one : list) {
        print_line(run_from(one.as_object()));
    }
    return ExitCode::Success;
}

ExitCode remote_run_show_command(const Remote& remote, const std::string& run) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto id = run_id(client, remote.service, run);
    fmt::print("{}", base::pretty_json(client.get(id, kBuilderVersion)));
    return ExitCode::Success;
}

ExitCode remote_run_logs_command(const Remote& remote, const std::string& run, bool follow) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto id = run_id(client, remote.service, run);
    client.stream(id + "/logs",
                  kBuilderVersion,
                  {{"follow", follow ? "true" : "false"}},
                  [](std::string_view bytes) {
                      std::fwrite(bytes.data(), 1, bytes.size(), stdout);
                      std::fflush(stdout);
                  });
    return ExitCode::Success;
}

// Azure's API cancels what a template does now, not a run by its id.
ExitCode remote_run_cancel_command(const Remote& remote, const std::string& run) {
    ServiceClient client(find_service(remote.settings, remote.service), remote.scope);
    const auto id = run_id(client, remote.service, run);
    const auto known = run_from(client.get(id, kBuilderVersion));
    if (build::is_final(known.state)) {
        throw base::Error(
            base::ErrorKind::Conflict,
            "OperationNotAllowed",
            fmt::format("run {} has ended already: {}", known.id, build::to_string(known.state)),
            id);
    }
    client.finish(client.post(id.substr(0, id.find("/runs/")) + "/cancel", kBuilderVersion));
    fmt::print("canceling run {}\n", known.id);
    return ExitCode::Success;
}

}  // namespace ingot::cli
