// SPDX-License-Identifier: Apache-2.0
#include "cli/settings.h"

#include <cstdlib>
#include <filesystem>

namespace ingot::cli {
namespace {

std::string environment(const char* name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in Ingot calls setenv
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

os::Path default_state() {
    if (const auto given = environment("INGOT_STATE"); !given.empty()) {
        return given;
    }
    const auto data = environment("XDG_DATA_HOME");
    return (data.empty() ? os::Path(environment("HOME")) / ".local/share" : os::Path(data)) /
           "ingot";
}

os::Path default_catalog(const os::Path& program) {
    const auto given = environment("INGOT_CATALOG");
    return given.empty() ? program.parent_path().parent_path() / "share/ingot/catalog"
                         : os::Path(given);
}

}  // namespace

Settings find_settings(const std::string& state_folder,
                       const std::string& catalog,
                       const std::string& database) {
    const auto program = std::filesystem::read_symlink("/proc/self/exe");
    const auto state = state_folder.empty() ? default_state() : os::Path(state_folder);
    return {
        .state = build::StateFolder(std::filesystem::absolute(state)),
        .catalog = catalog.empty() ? default_catalog(program) : std::filesystem::absolute(catalog),
        .program = program,
        .database = database.empty() ? environment("INGOT_DATABASE") : database};
}

}  // namespace ingot::cli
