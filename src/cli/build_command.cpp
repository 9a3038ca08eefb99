// SPDX-License-Identifier: Apache-2.0
#include "base/uuid.h"
#include "cli/commands.h"
#include "cli/local_store.h"
#include "cli/progress/progress_view.h"
#include "cli/recorded_runs.h"
#include "execution/local_executor.h"
#include "os/signals.h"

#include <atomic>
#include <filesystem>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace ingot::cli {
namespace {

constexpr std::size_t kEventsAtOnce = 1000;

build::Run new_run(const templates::ImageTemplate& image_template, const BuildOptions& options) {
    const auto file = std::filesystem::absolute(options.image_template.file);
    return {.id = base::new_uuid(),
            .template_name = image_template.name,
            .template_json = boost::json::serialize(image_template.document),
            .template_folder = file.parent_path().string(),
            .started = base::now(),
            .keep_vm_on_error = options.keep_vm_on_error,
            .choices = options.choices,
            .template_arguments = to_json_text(options.image_template)};
}

// The exact lines that help after a failed customizer, for people.
void propose_what_next(const build::Run& run, const BuildOptions& options) {
    if (options.output == OutputForm::Json || !customizer_number(run.failure.step)) {
        return;
    }
    const auto id = run.id.substr(0, 8);
    fmt::print(stderr,
               "\nlook at the state before it:   {0} debug {1}\n"
               "go on from there once mended: {0} retry {1}\n",
               options.program_words,
               id);
}

// Shows what the store has that was not shown yet.
class Follower {
  public:
    Follower(build::RunRepository& runs, std::string run_id, ProgressView& view)
        : runs_(runs), run_id_(std::move(run_id)), view_(view) {}

    void look() {
        while (true) {
            const auto events = runs_.events_after(run_id_, last_, kEventsAtOnce);
            for (const auto& event : events) {
                view_.show(event);
                last_ = event.sequence;
            }
            if (events.size() < kEventsAtOnce) {
                break;
            }
        }
        view_.tick();
    }

  private:
    build::RunRepository& runs_;
    std::string run_id_;
    ProgressView& view_;
    std::int64_t last_ = 0;
};

void follow(execution::LocalWorker& worker, Follower& follower) {
    std::atomic<int> interrupts = 0;
    const os::SignalListener signals([&](int) {
        if (interrupts.fetch_add(1) == 0) {
            fmt::print(stderr, "\ncanceling the run (once more to end it at once)\n");
            worker.ask_to_cancel();
        } else {
            worker.kill();
        }
    });
    // The scope is never cancelled: the worker's end is what ends the wait.
    worker.follow([&] { follower.look(); }, base::Cancellation());
}

}  // namespace

ExitCode build_command(const Settings& settings, const BuildOptions& options) {
    const auto image_template =
        read_template_file(options.image_template, options.output == OutputForm::Json);
    if (!image_template) {
        return ExitCode::Template;
    }
    LocalStore store(settings);
    store.recover(settings.state);
    const auto view = view_for(options.output);
    const auto run = new_run(*image_template, options);
    const execution::LocalExecutor executor(
        settings.state,
        settings.program,
        {"--state-dir", settings.state.root().string(), "--catalog", settings.catalog.string()},
        settings.database.empty()
            ? std::map<std::string, std::string>()
            : std::map<std::string, std::string>{{"INGOT_DATABASE", settings.database}});
    auto worker = executor.start(run, store.runs());
    view->begin(run);
    Follower follower(store.runs(), run.id, *view);
    follow(worker, follower);
    store.recover(settings.state);
    const auto ended = store.runs().find(run.id).value_or(run);
    view->end(ended, store.images().outputs_of(run.id));
    propose_what_next(ended, options);
    return exit_code_of(ended);
}

}  // namespace ingot::cli
