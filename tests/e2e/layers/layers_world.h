// SPDX-License-Identifier: Apache-2.0
// One state folder for all tests of this program, so that a guest boots cold once: every template
// of theirs begins in the same first layer and resumes it. Most runs end at a last step that fails
// on purpose, before the slow generalizing; what a run did is read from its events.
#pragma once

#include "support/e2e/ingot_program.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace ingot::e2e {

// What a run did.
struct Story {
    int exit_code = 0;
    std::string run;
    std::set<std::string> ran;     // ids of the customizers that were carried out
    std::set<std::string> cached;  // of those that were not
    std::set<std::string> sealed;  // after which a layer was kept ("boot": before the first)
    std::vector<boost::json::object> events;
    std::string text;  // all of it, for messages

    [[nodiscard]] std::string output_of(const std::string& step) const;
    // What Ingot said about the step, one line each.
    [[nodiscard]] std::string notes_of(const std::string& step) const;
    [[nodiscard]] bool has_step(const std::string& step) const;
};

[[nodiscard]] Story story_of(const Outcome& outcome);

using Steps = std::vector<std::string>;  // customizers as JSON

// {"type": "Shell", "inline": [line]}
[[nodiscard]] std::string shell(const std::string& line, const std::string& more = "");
[[nodiscard]] std::string array_of(const Steps& steps);

using OnLine = std::function<void(std::string_view line, pid_t pid)>;

class LayersWorld {
  public:
    // Boots a guest and seals its first layer. Fails the test if that does not work.
    LayersWorld();

    // Another state folder, with the first layer of that one.
    explicit LayersWorld(const LayersWorld& other);
    LayersWorld& operator=(const LayersWorld&) = delete;

    // The program's own.
    [[nodiscard]] static LayersWorld& shared();

    [[nodiscard]] const Ingot& ingot() const { return ingot_; }

    [[nodiscard]] os::Path layers() const { return ingot_.state() / "cache" / "layers"; }

    // Builds a template of these steps and one more, which fails: ends with exit code 5.
    [[nodiscard]] Story try_steps(const std::string& name,
                                  Steps steps,
                                  const std::vector<std::string>& flags = {},
                                  const std::string& extra = "",
                                  const OnLine& on_line = {}) const;
    // Builds a template of these steps to its end.
    [[nodiscard]] Story build(const std::string& name,
                              const Steps& steps,
                              const std::vector<std::string>& flags = {},
                              const std::string& extra = "",
                              const OnLine& on_line = {}) const;

    // `ingot debug RUN --step N --command COMMAND`.
    [[nodiscard]] Outcome debug(const std::string& run, int step, const std::string& command) const;

    // The folder of the layer that is there with this title.
    [[nodiscard]] os::Path layer_titled(const std::string& title) const;

    // The pid of the one worker there is.
    [[nodiscard]] pid_t worker() const;

    // Drafts of layers, run folders, staging folders, processes; as soon as none is on its way out.
    [[nodiscard]] std::vector<std::string> left_behind() const;

  private:
    Ingot ingot_;
};

}  // namespace ingot::e2e
