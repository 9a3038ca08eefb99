// SPDX-License-Identifier: Apache-2.0
#include "support/e2e/ingot_program.h"

#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ingot::e2e {
namespace {

// One for all suites of a build folder (tests/e2e/support/service.py lends it too). It stays: what
// it holds is named by all that it was made of.
os::Path shared_cache() {
    return os::Path(INGOT_BINARY).parent_path().parent_path() / "test-base";
}

std::string template_text(const std::string& name,
                          const std::string& customize,
                          const std::string& extra) {
    return fmt::format(R"({{
  "type": "Microsoft.VirtualMachineImages/imageTemplates",
  "apiVersion": "2022-07-01",
  "name": "{0}",
  "location": "westus2",
  "identity": {{"type": "UserAssigned", "userAssignedIdentities": {{
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i": {{}}}}}},
  "properties": {{
    "source": {{"type": "PlatformImage", "publisher": "Debian", "offer": "debian-12", "sku": "12", "version": "latest"}},
    "customize": {1},
    "distribute": [{{"type": "ManagedImage", "runOutputName": "managed", "location": "westus2",
      "imageId": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/images/{0}"}}]{2}
  }}
}})",
                       name,
                       customize,
                       extra.empty() ? "" : ",\n    " + extra);
}

bool run_shared(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {INGOT_BINARY, "--state-dir", shared_cache().string()});
    const auto done = os::run({.argv = std::move(arguments)}, base::Cancellation());
    EXPECT_EQ(done.status.code, 0) << done.out << done.err;
    return done.status.success();
}

// Most tests are not about booting: with the first state of a build VM at hand, theirs resume.
bool warm_up() {
    if (std::filesystem::exists(shared_cache() / "cache/layers")) {
        return true;
    }
    const auto file = shared_cache() / "warm.json";
    os::replace_file(file, template_text("warm", R"([{"type": "Shell", "inline": ["true"]}])", ""));
    return run_shared({"build", file.string()});
}

bool pull_base_once() {
    static const bool done =
        run_shared({"catalog", "pull", "Debian:debian-12:12:latest"}) && warm_up();
    return done;
}

}  // namespace

Ingot::Ingot() : scratch_(os::ScratchFolder::temporary()) {}

void Ingot::borrow_base_image() const {
    ASSERT_TRUE(pull_base_once());
    std::filesystem::create_directories(state());
    std::filesystem::copy(shared_cache() / "cache",
                          state() / "cache",
                          std::filesystem::copy_options::recursive |
                              std::filesystem::copy_options::create_hard_links);
}

os::ProcessSpec Ingot::command(std::vector<std::string> arguments) const {
    os::ProcessSpec spec;
    if (is_ordinary_user_ && ::geteuid() == 0) {
        spec.argv = {INGOT_SOURCE_DIR "/tests/e2e/build/as_ordinary_user.sh", folder().string()};
    }
    spec.argv.emplace_back(INGOT_BINARY);
    // Given by the environment, so that every process of this state can be told by it.
    spec.env = {{"INGOT_STATE", state().string()}};
    spec.argv.insert(spec.argv.end(), arguments.begin(), arguments.end());
    return spec;
}

Outcome Ingot::run(const std::vector<std::string>& arguments) const {
    const auto done = os::run(command(arguments), base::Cancellation());
    return {done.status.code, done.out, done.err};
}

Outcome Ingot::build(const os::Path& image_template,
                     const std::function<void(std::string_view, pid_t)>& on_line,
                     const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"build", image_template.string(), "--output", "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto spec = command(arguments);
    spec.standard_output = os::Stream::Pipe;
    spec.standard_error = os::Stream::Inherit;
    auto child = os::Child::start(spec);
    Outcome outcome;
    std::string line;
    char c = 0;
    while (::read(child.standard_output().get(), &c, 1) == 1) {
        if (c != '\n') {
            line += c;
            continue;
        }
        outcome.out += line + "\n";
        if (on_line) {
            on_line(line, child.pid());
        }
        line.clear();
    }
    const auto status = child.wait(base::Cancellation());
    outcome.exit_code = status.signal == 0 ? status.code : 128 + status.signal;
    return outcome;
}

os::Path Ingot::write_template(const std::string& name,
                               const std::string& customize,
                               const std::string& extra) const {
    const auto file = folder() / (name + ".json");
    os::replace_file(file, template_text(name, customize, extra));
    return file;
}

std::vector<std::string> Ingot::processes() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        std::error_code gone;
        const auto program = std::filesystem::read_symlink(entry.path() / "exe", gone).filename();
        if (gone ||
            (program != "qemu-system-x86_64" && program != "slirp4netns" && program != "ingot")) {
            continue;
        }
        try {
            const auto environment = os::read_file(entry.path() / "environ");
            if (environment.find(state().string()) != std::string::npos) {
                found.push_back(os::read_file(entry.path() / "cmdline"));
            }
        } catch (const base::Error&) {
            continue;  // ended meanwhile
        }
    }
    return found;
}

std::vector<std::string> Ingot::leftovers() const {
    std::vector<std::string> found;
    for (const auto& folder : {state() / "runs", state() / "artifacts" / "staging"}) {
        std::error_code absent;
        for (const auto& entry : std::filesystem::directory_iterator(folder, absent)) {
            found.push_back(entry.path().string());
        }
    }
    return found;
}

}  // namespace ingot::e2e
