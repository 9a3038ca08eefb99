// SPDX-License-Identifier: Apache-2.0
// Where the bytes of images live: immutable disks named by their digest, in a local folder, as
// chunks that each are there once (chunk_store.h), and a staging folder on the same file system in
// which runs prepare files. A disk is listed only when it is complete and durable. Which image uses
// which disk is the repository's knowledge (gallery/image_repository.h), so erasing is the caller's
// decision; but a disk that somebody holds is never erased. Any number of processes may use one
// folder.
#pragma once

#include "artifact/chunk_check.h"
#include "artifact/chunk_collector.h"
#include "artifact/chunk_store.h"
#include "artifact/held_file.h"
#include "base/byte_count.h"
#include "base/cancellation.h"
#include "base/digest.h"
#include "disk/chunks.h"
#include "disk/disk_view.h"
#include "os/files.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ingot::artifact {

// A stored disk that stays for as long as this lives (and its process).
class HeldDisk {
  public:
    [[nodiscard]] const base::Sha256Digest& digest() const { return digest_; }

    // Where its bytes are; valid while this lives. Throws Error{Corrupt, "ChunkCorrupt" |
    // "StoreCorrupt"} if a file of the store is damaged or short; what the chunks hold is not read.
    [[nodiscard]] disk::DiskView view() const;

    // A raw file at `raw`, which must not exist. Throws Error{Corrupt, "ChunkCorrupt"} if a chunk
    // is not what it was. Not durable; a cancel leaves a partial file.
    void copy_to(const os::Path& raw, const base::Cancellation& cancellation) const;

    // Nothing for a disk that an older Ingot stored as one file.
    [[nodiscard]] std::shared_ptr<const disk::ChunkList> chunks() const;

  private:
    friend class ArtifactStorage;

    HeldDisk(base::Sha256Digest digest, HeldFile file, std::optional<ChunkStore> store)
        : digest_(digest), file_(std::move(file)), store_(std::move(store)) {}

    base::Sha256Digest digest_;
    HeldFile file_;  // the manifest, or the disk itself
    std::optional<ChunkStore> store_;
};

struct StoredDisk {
    HeldDisk held;
    disk::DiskFacts facts;
    base::ByteCount new_bytes;  // of chunks that were not in the storage before
};

struct RawFile {
    base::Sha256Digest disk;
    base::ByteCount size;  // on disk
};

class ArtifactStorage {
  public:
    // Makes the folder if it is not there.
    explicit ArtifactStorage(const os::Path& folder);

    // Stores what is not there yet. `base`, if known, is what the view calls its base; none of what
    // comes from it is read. Durable on return. What is returned keeps the disk from being erased
    // until an image that uses it is listed.
    [[nodiscard]] StoredDisk put_disk(const disk::DiskView& disk,
                                      const std::optional<KnownBase>& base,
                                      const base::Cancellation& cancellation) const;

    [[nodiscard]] bool has(const base::Sha256Digest& digest) const;
    // Throws Error{NotFound, "DiskNotFound"}.
    [[nodiscard]] HeldDisk hold(const base::Sha256Digest& digest) const;
    [[nodiscard]] std::vector<base::Sha256Digest> list() const;
    // Erases the disk unless it is held or `is_used` says that an image has it, which is asked
    // while nobody can begin to hold it. True if the disk is gone. What is kept because it is held
    // is for a later sweep (build/recovery.h), and so is the space of its chunks if somebody stores
    // a disk just now.
    bool erase_unused(const base::Sha256Digest& digest, const std::function<bool()>& is_used) const;

    // Gives back the space of chunks that no disk has.
    [[nodiscard]] Collected collect() const;
    // The same, if a process that was killed, or could not do it at its time, may have left any.
    // Cheap otherwise.
    void collect_if_needed() const;

    // See chunk_check.h; the raw files count as copies. `copies`: others, such as published VHDs.
    [[nodiscard]] CheckResult verify(std::vector<DiskCopy> copies,
                                     const base::Cancellation& cancellation) const;

    // The disk as one raw file, for those who need one (a VM's base). Made and verified once;
    // throws Error{Corrupt, "ChunkCorrupt"} if a chunk is not what it was. It stays at least as
    // long as what is returned. One process makes it, others wait.
    [[nodiscard]] HeldFile raw_file(const HeldDisk& disk,
                                    const base::Cancellation& cancellation) const;
    // Raw files are a cache: each may be erased at any time when nobody uses it. False if somebody
    // does.
    [[nodiscard]] std::vector<RawFile> raw_files() const;
    [[nodiscard]] bool erase_raw_file(const base::Sha256Digest& digest) const;

    // A run's own staging folder; goes with its owner. Throws AlreadyExists if it is there.
    [[nodiscard]] os::ScratchFolder make_staging(const std::string& run_id) const;
    // Removes the staging folders of those runs for which `is_over` is true.
    void sweep_staging(const std::function<bool(const std::string& run_id)>& is_over) const;

    [[nodiscard]] base::ByteCount free_space() const;

  private:
    [[nodiscard]] os::Path blob_path(const base::Sha256Digest& digest) const;
    [[nodiscard]] os::Path raw_path(const base::Sha256Digest& digest) const;
    [[nodiscard]] std::optional<HeldDisk> try_hold(const base::Sha256Digest& digest) const;

    os::Path folder_;
    ChunkStore store_;
};

}  // namespace ingot::artifact
