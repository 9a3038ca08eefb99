// SPDX-License-Identifier: Apache-2.0
// Where the bytes of images live: immutable disks named by their digest, in a local folder, and a
// staging folder on the same file system in which runs prepare them. A disk is listed only when it
// is complete and durable. The digest is believed, not computed: that is disk/disk_digest.h's job.
// Which image uses which disk is the repository's knowledge (gallery/image_repository.h), so
// erasing is the caller's decision; but a disk that somebody holds is never erased. Any number of
// processes may use one folder.
#pragma once

#include "base/byte_count.h"
#include "base/digest.h"
#include "os/fd.h"
#include "os/files.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ingot::artifact {

// A stored disk that stays for as long as this lives (and its process).
class HeldDisk {
  public:
    // The file is read-only and never changes.
    [[nodiscard]] const os::Path& path() const { return path_; }

  private:
    friend class ArtifactStorage;

    HeldDisk(os::Path path, os::Fd locked) : path_(std::move(path)), locked_(std::move(locked)) {}

    os::Path path_;
    os::Fd locked_;  // shared lock on the file itself
};

class ArtifactStorage {
  public:
    // Makes the folder if it is not there.
    explicit ArtifactStorage(const os::Path& folder);

    // Takes over the raw file `staged` (made in this storage's staging) under the name of its
    // digest. Durable on return. If the disk is already there, `staged` is removed and the old one
    // kept. What is returned keeps it from being erased until an image that uses it is listed.
    [[nodiscard]] HeldDisk put_disk(const os::Path& staged, const base::Sha256Digest& digest) const;

    [[nodiscard]] bool has(const base::Sha256Digest& digest) const;
    // Throws Error{NotFound, "DiskNotFound"}.
    [[nodiscard]] HeldDisk hold(const base::Sha256Digest& digest) const;
    [[nodiscard]] std::vector<base::Sha256Digest> list() const;
    // Erases the disk unless it is held or `is_used` says that an image has it, which is asked
    // while nobody can begin to hold it. True if the disk is gone. What is kept because it is held
    // is for a later sweep (build/recovery.h).
    bool erase_unused(const base::Sha256Digest& digest, const std::function<bool()>& is_used) const;

    // A run's own staging folder; goes with its owner. Throws AlreadyExists if it is there.
    [[nodiscard]] os::ScratchFolder make_staging(const std::string& run_id) const;
    // Removes the staging folders of those runs for which `is_over` is true.
    void sweep_staging(const std::function<bool(const std::string& run_id)>& is_over) const;

    [[nodiscard]] base::ByteCount free_space() const;

  private:
    [[nodiscard]] os::Path blob_path(const base::Sha256Digest& digest) const;
    [[nodiscard]] std::optional<HeldDisk> try_hold(const base::Sha256Digest& digest) const;

    os::Path folder_;
};

}  // namespace ingot::artifact
