// SPDX-License-Identifier: Apache-2.0
// What the store's tests and the second process that they start (writer/main.cpp) both do.
#pragma once

#include "contract/store/store_samples.h"
#include "gallery/versioning.h"
#include "os/child_process.h"
#include "os/files.h"
#include "store/image_store.h"
#include "store/state_database.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ingot::store {

// The second process, writing in the way of that name.
inline os::ProcessSpec writer_process(const std::string& way,
                                      const std::string& where,
                                      const std::string& name = "") {
    return {.argv = {INGOT_STORE_WRITER, way, where, name}, .standard_error = os::Stream::Inherit};
}

// What it prints before each number that it has published.
inline constexpr const char* kMark = "published ";

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

constexpr int kVersionsEach = 40;

inline std::vector<std::string> run_ids_of(const std::string& writer) {
    std::vector<std::string> ids;
    ids.reserve(kVersionsEach);
    for (int i = 0; i < kVersionsEach; ++i) {
        ids.push_back(writer + "-" + std::to_string(i));
    }
    return ids;
}

inline void publish_share(const std::string& location, const std::string& writer) {
    ConnectionPool database(location);
    ImageStore images(database);
    for (const auto& run_id : run_ids_of(writer)) {
        publish_next(images, run_id);
    }
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
