// SPDX-License-Identifier: Apache-2.0
#include "sources/recipe_run.h"

#include "base/error.h"
#include "os/child_process.h"

#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

namespace ingot::sources {
namespace {

using base::Error;
using base::ErrorKind;

// The recipe's own last words, without pages of the tools' noise.
std::string last_lines(const std::string& text) {
    constexpr int kLines = 8;
    auto start = text.size();
    for (int lines = 0; start > 0 && lines <= kLines; --start) {
        lines += text[start - 1] == '\n' ? 1 : 0;
    }
    return text.substr(start);
}

bool is_root() {
    return ::geteuid() == 0;
}

// --kill-child: when this process is killed, unshare dies with it and the kernel ends everything in
// the pid namespace.
std::vector<std::string> in_namespaces(const std::vector<std::string>& command) {
    std::vector<std::string> argv = {"unshare"};
    if (!is_root()) {
        argv.insert(argv.end(), {"--user", "--map-root-user", "--map-auto"});
    }
    argv.insert(argv.end(), {"--mount", "--pid", "--fork", "--kill-child", "--mount-proc"});
    argv.insert(argv.end(), command.begin(), command.end());
    return argv;
}

void require_tools(const Recipe& recipe) {
    std::string missing;
    for (const auto& tool : recipe.tools) {
        missing += os::find_program(tool) ? "" : " " + tool;
    }
    if (!missing.empty()) {
        throw Error(ErrorKind::NotFound,
                    "ProgramNotFound",
                    fmt::format("making this image needs programs that are not installed:{} "
                                "(ingot doctor names their packages)",
                                missing));
    }
}

}  // namespace

void run_recipe(const Recipe& recipe,
                const AptSetup& apt,
                const os::Path& folder,
                const Say& say,
                const base::Cancellation& cancellation) {
    require_tools(recipe);
    const auto scratch = folder / "scratch";
    os::make_folders(scratch);
    os::replace_file(folder / "apt.sources", apt.sources);
    os::replace_file(folder / "apt.conf", apt.options);

    os::ProcessSpec spec{.argv = in_namespaces({"bash", "-eu", recipe.script.string()})};
    spec.env = {{"RECIPE_OUT", folder.string()},
                {"RECIPE_SCRATCH", scratch.string()},
                {"RECIPE_SIZE_MIB", std::to_string(recipe.size.whole_mib())},
                {"RECIPE_APT_SOURCES", (folder / "apt.sources").string()},
                {"RECIPE_APT_CONF", (folder / "apt.conf").string()}};
    os::RunOptions options;
    options.on_stdout = say;
    const auto done = os::run(spec, cancellation, options);
    if (!done.status.success() || !std::filesystem::exists(folder / "disk.raw")) {
        throw Error(ErrorKind::Unavailable,
                    "RecipeFailed",
                    fmt::format("making the base image with {} failed with {}:\n{}",
                                recipe.script.filename().string(),
                                os::to_string(done.status),
                                last_lines(done.err)));
    }
}

void remove_recipe_folder(const os::Path& folder) {
    if (os::remove_tree(folder) || is_root()) {
        return;
    }
    os::run_checked({.argv = {"unshare",
                              "--user",
                              "--map-root-user",
                              "--map-auto",
                              "rm",
                              "-rf",
                              "--",
                              folder.string()}},
                    base::Cancellation());
}

}  // namespace ingot::sources
