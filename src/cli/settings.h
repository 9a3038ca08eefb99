// SPDX-License-Identifier: Apache-2.0
// Where this ingot finds its things: state, catalogue, its own binary. From the command line, the
// environment, or the defaults of the XDG base directory specification.
#pragma once

#include "build/state_folder.h"
#include "os/files.h"

namespace ingot::cli {

struct Settings {
    build::StateFolder state;
    os::Path catalog;
    os::Path program;      // this binary, for starting workers
    std::string database;  // postgresql://…; empty: SQLite in the state folder
};

// Empty arguments mean "not given".
[[nodiscard]] Settings find_settings(const std::string& state_folder,
                                     const std::string& catalog,
                                     const std::string& database);

}  // namespace ingot::cli
