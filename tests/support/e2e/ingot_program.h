// SPDX-License-Identifier: Apache-2.0
// The ingot binary as a black box on a state folder of its own. The base image is made once per
// machine and test run and lent to every state folder by hard links, as any cache may be.
#pragma once

#include "os/child_process.h"
#include "os/files.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ingot::e2e {

struct Outcome {
    int exit_code = 0;
    std::string out;
    std::string err;
};

class Ingot {
  public:
    Ingot();

    [[nodiscard]] const os::Path& folder() const { return scratch_.path(); }

    [[nodiscard]] os::Path state() const { return scratch_.path() / "state"; }

    // Makes the base image if this is the first to need it, and lends it to this state folder.
    void borrow_base_image() const;

    // Everything that follows is done by a user who is not root, with a base image of his own. If
    // the tests are not root's, nothing changes.
    void become_ordinary_user() { is_ordinary_user_ = true; }

    [[nodiscard]] Outcome run(const std::vector<std::string>& arguments) const;

    // Runs `ingot build --output json`, handing each event line to `on_line` with the child's pid.
    [[nodiscard]] Outcome build(
        const os::Path& image_template,
        const std::function<void(std::string_view line, pid_t pid)>& on_line = {},
        const std::vector<std::string>& more = {}) const;

    // Writes a template of this name: `customize` and `extra` are JSON members of properties.
    [[nodiscard]] os::Path write_template(const std::string& name,
                                          const std::string& customize,
                                          const std::string& extra = "") const;

    // Processes of this state folder that still run, as command lines.
    [[nodiscard]] std::vector<std::string> processes() const;
    // What lies in runs/ and staging folders.
    [[nodiscard]] std::vector<std::string> leftovers() const;

  private:
    [[nodiscard]] os::ProcessSpec command(std::vector<std::string> arguments) const;

    os::ScratchFolder scratch_;
    bool is_ordinary_user_ = false;
};

}  // namespace ingot::e2e
