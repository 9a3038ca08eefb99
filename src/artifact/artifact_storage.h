// SPDX-License-Identifier: Apache-2.0
// Where the bytes of images live: immutable disks named by their digest, in a local folder, and a
// staging folder on the same file system in which runs prepare them. A disk is listed only when it
// is complete and durable. The digest is believed, not computed: that is disk/disk_digest.h's job.
// Which image uses which disk is the repository's knowledge (gallery/image_repository.h), so
// erasing is the caller's decision. Any number of processes may use one folder.
#pragma once

#include "base/byte_count.h"
#include "base/digest.h"
#include "os/files.h"

#include <functional>
#include <string>
#include <vector>

namespace ingot::artifact {

class ArtifactStorage {
  public:
    // Makes the folder if it is not there.
    explicit ArtifactStorage(const os::Path& folder);

    // Takes over the raw file `staged` (made in this storage's staging) under the name of its
    // digest. Durable on return. If the disk is already there, `staged` is removed and the old one
    // kept.
    void put_disk(const os::Path& staged, const base::Sha256Digest& digest) const;

    [[nodiscard]] bool has(const base::Sha256Digest& digest) const;
    // Throws Error{NotFound, "DiskNotFound"}. The file is read-only and never changes.
    [[nodiscard]] os::Path path_of(const base::Sha256Digest& digest) const;
    [[nodiscard]] std::vector<base::Sha256Digest> list() const;
    // What is not there is no error. Who has it open keeps it.
    void erase(const base::Sha256Digest& digest) const;

    // A run's own staging folder; goes with its owner. Throws AlreadyExists if it is there.
    [[nodiscard]] os::ScratchFolder make_staging(const std::string& run_id) const;
    // Removes the staging folders of those runs for which `is_over` is true.
    void sweep_staging(const std::function<bool(const std::string& run_id)>& is_over) const;

    [[nodiscard]] base::ByteCount free_space() const;

  private:
    [[nodiscard]] os::Path blob_path(const base::Sha256Digest& digest) const;

    os::Path folder_;
};

}  // namespace ingot::artifact
