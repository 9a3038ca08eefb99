// SPDX-License-Identifier: Apache-2.0
// How a run looks while it goes on: a live tree on a terminal, plain lines in a pipe, one JSON
// event a line for programs. A view only prints what the store's events say.
#pragma once

#include "build/run.h"
#include "cli/output_form.h"
#include "gallery/image_repository.h"

#include <memory>
#include <vector>

namespace ingot::cli {

class ProgressView {
  public:
    ProgressView() = default;
    virtual ~ProgressView() = default;
    ProgressView(const ProgressView&) = delete;
    ProgressView& operator=(const ProgressView&) = delete;

    virtual void begin(const build::Run& run) = 0;
    virtual void show(const build::RunEvent& event) = 0;

    // Time has passed; nothing else happened.
    virtual void tick() {}

    virtual void end(const build::Run& run, const std::vector<gallery::RunOutput>& outputs) = 0;
};

[[nodiscard]] std::unique_ptr<ProgressView> make_tree_view();
[[nodiscard]] std::unique_ptr<ProgressView> make_line_view();
[[nodiscard]] std::unique_ptr<ProgressView> make_json_view();

// The one for standard output as it is: a terminal, a pipe, or what was asked for.
[[nodiscard]] std::unique_ptr<ProgressView> view_for(OutputForm output);

}  // namespace ingot::cli
