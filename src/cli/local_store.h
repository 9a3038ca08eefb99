// SPDX-License-Identifier: Apache-2.0
// The store of this host, opened: database, repositories, artifact storage. Composition only; may
// be used from several threads.
#pragma once

#include "artifact/artifact_storage.h"
#include "build/state_folder.h"
#include "cli/settings.h"
#include "gallery/lookup.h"
#include "store/connection_pool.h"
#include "store/image_store.h"
#include "store/run_store.h"

namespace ingot::cli {

class LocalStore {
  public:
    // Makes the state folder on first use (mode 0700). `database` is empty for SQLite in it.
    LocalStore(const build::StateFolder& folder, const std::string& database);

    explicit LocalStore(const Settings& settings) : LocalStore(settings.state, settings.database) {}

    [[nodiscard]] store::RunStore& runs() { return runs_; }

    [[nodiscard]] store::ImageStore& images() { return images_; }

    [[nodiscard]] const artifact::ArtifactStorage& storage() const { return storage_; }

    [[nodiscard]] gallery::PublishedImages published();

    // Puts on record what became of runs whose worker is dead, and says so on standard error.
    void recover(const build::StateFolder& folder);

  private:
    store::ConnectionPool database_;
    store::RunStore runs_;
    store::ImageStore images_;
    artifact::ArtifactStorage storage_;
};

}  // namespace ingot::cli
