// SPDX-License-Identifier: Apache-2.0
// The store of this host, opened: database, repositories, artifact storage. Composition only; one
// object per thread that writes, since a database connection belongs to one thread.
#pragma once

#include "artifact/artifact_storage.h"
#include "build/state_folder.h"
#include "gallery/lookup.h"
#include "store/image_store.h"
#include "store/run_store.h"
#include "store/state_database.h"

namespace ingot::cli {

class LocalStore {
  public:
    // Makes the state folder on first use (mode 0700).
    explicit LocalStore(const build::StateFolder& folder);

    [[nodiscard]] store::RunStore& runs() { return runs_; }

    [[nodiscard]] store::ImageStore& images() { return images_; }

    [[nodiscard]] const artifact::ArtifactStorage& storage() const { return storage_; }

    [[nodiscard]] gallery::PublishedImages published();

    // Puts on record what became of runs whose worker is dead, and says so on standard error.
    void recover(const build::StateFolder& folder);

  private:
    sql::Database database_;
    store::RunStore runs_;
    store::ImageStore images_;
    artifact::ArtifactStorage storage_;
};

}  // namespace ingot::cli
