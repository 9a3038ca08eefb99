// SPDX-License-Identifier: Apache-2.0
#include "cli/progress/elapsed.h"
#include "cli/progress/progress_view.h"
#include "cli/progress/step_clock.h"

#include <cstdio>

#include <fmt/format.h>

namespace ingot::cli {
namespace {

class LineView final : public ProgressView {
  public:
    void begin(const build::Run& run) override {
        say(fmt::format("run {} of {}", run.id, run.template_name));
    }

    void show(const build::RunEvent& event) override {
        switch (event.kind) {
            case build::EventKind::StepStarted:
                clock_.started(event);
                say(fmt::format("[{}] {}", event.step, event.title));
                break;
            case build::EventKind::StepFinished:
                say(finished(event));
                break;
            case build::EventKind::Output:
            case build::EventKind::Note:
                say(event.step.empty() ? event.text
                                       : fmt::format("[{}] {}", event.step, event.text));
                break;
        }
    }

    void end(const build::Run& run, const std::vector<gallery::RunOutput>& outputs) override {
        for (const auto& output : outputs) {
            say(fmt::format(
                "output {}: {}{}", output.name, output.artifact_id, output.artifact_uri));
        }
        say(fmt::format("{} after {}",
                        build::to_string(run.state),
                        for_people(run.ended.value_or(run.started) - run.started)));
        if (!run.failure.message.empty()) {
            say(fmt::format("{}{}: {}",
                            run.failure.step.empty() ? "" : run.failure.step + ": ",
                            run.failure.code,
                            run.failure.message));
        }
    }

  private:
    [[nodiscard]] std::string finished(const build::RunEvent& event) const {
        return fmt::format("[{}] {} after {}{}",
                           event.step,
                           event.succeeded ? "done" : "FAILED",
                           for_people(clock_.since_start(event.step, event.time)),
                           event.text.empty() ? "" : ": " + event.text);
    }

    static void say(const std::string& line) {
        fmt::print("{}\n", line);
        std::fflush(stdout);
    }

    StepClock clock_;
};

}  // namespace

std::unique_ptr<ProgressView> make_line_view() {
    return std::make_unique<LineView>();
}

}  // namespace ingot::cli
