// SPDX-License-Identifier: Apache-2.0
// A retry is a build of the same template: what the failed run sealed before its failing step is
// where it begins. So an edit of an earlier step is honoured too.
#include "base/error.h"
#include "cli/commands.h"
#include "cli/recorded_runs.h"

#include <fmt/format.h>

namespace ingot::cli {

ExitCode retry_command(const Settings& settings, const std::string& run_id, BuildOptions options) {
    LocalStore store(settings);
    store.recover(settings.state);
    const auto run = find_run(store, run_id);
    const auto arguments = template_arguments_of(run);
    if (!arguments) {
        throw base::Error(base::ErrorKind::InvalidArgument,
                          "NotRetriable",
                          fmt::format("run {} was not started by `ingot build`, so its template is "
                                      "not known as a file; start its template again (`ingot "
                                      "template run`, `az image builder run`)",
                                      run.id),
                          run.id);
    }
    options.image_template = *arguments;
    options.keep_vm_on_error = run.keep_vm_on_error;
    options.choices.cloud_init = run.choices.cloud_init;
    return build_command(settings, options);
}

}  // namespace ingot::cli
