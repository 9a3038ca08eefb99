// SPDX-License-Identifier: Apache-2.0
#include "cli/progress/elapsed.h"
#include "cli/progress/progress_view.h"
#include "cli/progress/step_clock.h"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace ingot::cli {
namespace {

constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::string_view kClearLine = "\r\x1b[2K";

std::size_t terminal_width() {
    winsize size{};
    return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

// The guest's bytes must not steer our terminal.
std::string without_escapes(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\x1b') {
            while (i + 1 < text.size() &&
                   std::string_view("0123456789;[?").find(text[i + 1]) != std::string_view::npos) {
                ++i;
            }
            ++i;
            continue;
        }
        plain += text[i];
    }
    return plain;
}

// Finished steps and output scroll up as lines; the steps that run stand below with their clocks.
class TreeView final : public ProgressView {
  public:
    void begin(const build::Run& run) override {
        print(fmt::format("{}{}{}  run {}", kBold, run.template_name, kPlain, run.id));
    }

    void show(const build::RunEvent& event) override {
        switch (event.kind) {
            case build::EventKind::StepStarted:
                clock_.started(event);
                active_.push_back(event.step);
                redraw();
                break;
            case build::EventKind::StepFinished:
                std::erase(active_, event.step);
                print(finished(event));
                break;
            case build::EventKind::Output:
            case build::EventKind::Note:
                print(fmt::format("  {}│ {}{}", kDim, shortened(event.text, 4), kPlain));
                break;
        }
    }

    void tick() override { redraw(); }

    void end(const build::Run& run, const std::vector<gallery::RunOutput>& outputs) override {
        active_.clear();
        for (const auto& output : outputs) {
            print(fmt::format("  {}→{} {}: {}{}",
                              kGreen,
                              kPlain,
                              output.name,
                              output.artifact_id,
                              output.artifact_uri));
        }
        const bool good = run.state == build::RunState::Succeeded;
        print(fmt::format("{}{}{} after {}",
                          good ? kGreen : kRed,
                          build::to_string(run.state),
                          kPlain,
                          for_people(run.ended.value_or(run.started) - run.started)));
        if (!run.failure.message.empty()) {
            print(fmt::format("{}{}{}: {}",
                              run.failure.step,
                              run.failure.step.empty() ? "" : ": ",
                              run.failure.code,
                              run.failure.message));
        }
    }

  private:
    [[nodiscard]] std::string finished(const build::RunEvent& event) const {
        return fmt::format("{}{}{} {}  {}{}{}",
                           event.succeeded ? kGreen : kRed,
                           event.succeeded ? "✔" : "✘",
                           kPlain,
                           clock_.title_of(event.step),
                           kDim,
                           for_people(clock_.since_start(event.step, event.time)),
                           kPlain);
    }

    static std::string shortened(const std::string& text, std::size_t indent) {
        const auto plain = without_escapes(text);
        const auto room = terminal_width() - indent - 1;
        return plain.size() > room ? plain.substr(0, room - 1) + "…" : plain;
    }

    void erase_active() {
        for (std::size_t i = 0; i < drawn_; ++i) {
            fmt::print("\x1b[1A{}", kClearLine);
        }
        drawn_ = 0;
    }

    void draw_active() {
        for (const auto& step : active_) {
            fmt::print("{}•{} {}  {}{}{}\n",
                       kBold,
                       kPlain,
                       shortened(clock_.title_of(step), 14),
                       kDim,
                       for_people(clock_.since_start(step, base::now())),
                       kPlain);
        }
        drawn_ = active_.size();
        std::fflush(stdout);
    }

    void redraw() {
        erase_active();
        draw_active();
    }

    void print(const std::string& line) {
        erase_active();
        fmt::print("{}\n", line);
        draw_active();
    }

    StepClock clock_;
    std::vector<std::string> active_;
    std::size_t drawn_ = 0;
};

}  // namespace

std::unique_ptr<ProgressView> make_tree_view() {
    return std::make_unique<TreeView>();
}

}  // namespace ingot::cli
