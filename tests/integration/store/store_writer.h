// SPDX-License-Identifier: Apache-2.0
// A second process that writes to the store: this test program itself, carrying out one of the
// tests that ctest leaves out (their names begin with DISABLED_), told what to do by its
// environment.
#pragma once

#include "contract/store/store_samples.h"
#include "gallery/versioning.h"
#include "os/child_process.h"
#include "os/files.h"
#include "store/image_store.h"
#include "store/state_database.h"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

namespace ingot::store {

inline os::ProcessSpec writer_process(const std::string& test,
                                      const std::map<std::string, std::string>& env) {
    return {.argv = {std::filesystem::read_symlink("/proc/self/exe").string(),
                     "--gtest_also_run_disabled_tests",
                     "--gtest_filter=" + test},
            .env = env};
}

inline std::string told(const char* variable) {
    const char* const value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): at start
    return value == nullptr ? "" : value;
}

// Publishes a version numbered by the scheme Latest, with a run output of its own.
inline gallery::ImageVersion publish_next(ImageStore& images, const std::string& run_id) {
    auto output = sample_output("sig");
    output.run_id = run_id;
    return images.publish(
        sample_version(),
        [](const std::vector<gallery::VersionNumber>& existing) {
            return gallery::next_latest(existing, std::nullopt);
        },
        output);
}

// Whether SQLite itself finds nothing wrong. A server is not damaged by its clients' end.
inline bool is_intact(sql::Database& database) {
    if (sql::is_server(database.name())) {
        return database.is_usable();
    }
    auto check = database.prepare("PRAGMA integrity_check");
    return check.next() && check.row().text() == "ok";
}

// Each version has its one output, and the numbers are 0.0.1, 0.0.2, … without a gap.
inline bool is_whole(ImageStore& images, const std::vector<std::string>& run_ids) {
    std::size_t outputs = 0;
    for (const auto& run_id : run_ids) {
        outputs += images.outputs_of(run_id).size();
    }
    std::uint32_t patch = 0;
    for (const auto& version : images.versions()) {
        if (version.number != gallery::VersionNumber{.major = 0, .minor = 0, .patch = ++patch}) {
            return false;
        }
    }
    return outputs == patch;
}

}  // namespace ingot::store
