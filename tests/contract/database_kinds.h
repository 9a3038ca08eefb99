// SPDX-License-Identifier: Apache-2.0
// The kinds of database that contracts run on; a further driver is one more entry here.
#pragma once

#include "contract/postgres_server.h"
#include "os/files.h"

#include <functional>
#include <ostream>
#include <string>

#include <gtest/gtest.h>

namespace ingot {

struct DatabaseKind {
    std::string name;
    // The location of the database that belongs to a test's scratch folder: always the same one.
    std::function<std::string(const os::Path& folder)> location;

    friend std::ostream& operator<<(std::ostream& out, const DatabaseKind& kind) {
        return out << kind.name;
    }
};

inline DatabaseKind sqlite_kind() {
    return {.name = "Sqlite",
            .location = [](const os::Path& folder) { return (folder / "state.db").string(); }};
}

inline DatabaseKind postgres_kind() {
    return {.name = "Postgres", .location = [](const os::Path& folder) {
                return PostgresServer::shared().location_of_schema("test_" +
                                                                   folder.filename().string());
            }};
}

inline auto all_database_kinds() {
    return testing::Values(sqlite_kind(), postgres_kind());
}

inline std::string name_of_kind(const testing::TestParamInfo<DatabaseKind>& info) {
    return info.param.name;
}

}  // namespace ingot
