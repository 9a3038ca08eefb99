// SPDX-License-Identifier: Apache-2.0
#include "cli/local_store.h"

#include "build/recovery.h"
#include "os/files.h"

#include <cstdio>
#include <filesystem>

#include <fmt/format.h>

namespace ingot::cli {
namespace {

std::string database_in(const build::StateFolder& folder, const std::string& database) {
    if (!std::filesystem::exists(folder.root())) {
        os::make_folders(folder.root());
        std::filesystem::permissions(folder.root(), std::filesystem::perms::owner_all);
    }
    return database.empty() ? folder.database().string() : database;
}

}  // namespace

LocalStore::LocalStore(const build::StateFolder& folder, const std::string& database)
    : database_(database_in(folder, database)),
      runs_(database_),
      images_(database_),
      storage_(folder.artifacts()) {}

gallery::PublishedImages LocalStore::published() {
    return {images_.managed_images(), images_.versions(), images_.vhds()};
}

void LocalStore::recover(const build::StateFolder& folder) {
    for (const auto& id : build::recover({runs_, images_, storage_, folder})) {
        const auto run = runs_.find(id);
        fmt::print(stderr,
                   "run {} of {} had died before its end and is on record as failed\n",
                   id,
                   run ? run->template_name : "?");
    }
}

}  // namespace ingot::cli
