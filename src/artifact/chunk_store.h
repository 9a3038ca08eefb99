// SPDX-License-Identifier: Apache-2.0
// Disks at rest: each a manifest that lists its chunks, and packs that hold every chunk once.
// Storing a disk costs what the store does not have yet; what comes from a base is not even read.
// docs/formats/chunk-store.md describes the files. Which disks are needed is the caller's knowledge
// (artifact_storage.h); giving back space is chunk_collector.h's job, finding damage
// chunk_check.h's. Any number of processes may use one folder.
#pragma once

#include "artifact/disk_manifest.h"
#include "artifact/held_file.h"
#include "artifact/packs.h"
#include "base/byte_count.h"
#include "base/cancellation.h"
#include "disk/disk_digest.h"
#include "disk/disk_view.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ingot::artifact {

// A raw file that the disk's view is based on, and its chunks.
struct KnownBase {
    os::Path raw;  // never written again: it may become part of the store by a hard link
    std::shared_ptr<const disk::ChunkList> chunks;
};

class ChunkStore {
  public:
    // Makes the folders in `folder` if they are not there.
    explicit ChunkStore(os::Path folder);

    struct Stored {
        disk::DiskFacts facts;
        base::ByteCount new_bytes;  // of chunks that the store did not have
        HeldFile manifest;
    };

    // Durable on return, and held. Blocks for as long as reading takes what is not known. A cancel
    // or an error leaves nothing; a kill leaves what the next collection removes.
    [[nodiscard]] Stored put(const disk::DiskView& disk,
                             const std::optional<KnownBase>& base,
                             const base::Cancellation& cancellation) const;

    [[nodiscard]] os::Path manifest_file(const base::Sha256Digest& disk) const;
    [[nodiscard]] std::vector<base::Sha256Digest> disks() const;

    // Throws Error{Corrupt, "StoreCorrupt"}.
    [[nodiscard]] DiskManifest manifest(const base::Sha256Digest& disk) const;

    // Where the disk's chunks are. Throws Error{Corrupt, "ChunkCorrupt" | "StoreCorrupt"} naming
    // disk and chunk if one is not there in full; what the chunks hold is not read.
    [[nodiscard]] disk::DiskView view(const base::Sha256Digest& disk,
                                      const DiskManifest& manifest) const;

    [[nodiscard]] const Packs& packs() const { return packs_; }

    [[nodiscard]] const os::Path& folder() const { return folder_; }

    // Held shared by whoever relies on chunks that no manifest of his names yet; who takes it
    // exclusively may delete. Released with the descriptor.
    [[nodiscard]] os::Fd lock_shared() const;
    [[nodiscard]] std::optional<os::Fd> try_lock_exclusive() const;

    // Leaves a note that something may be there to collect, whatever becomes of this process.
    [[nodiscard]] os::Path note_unsettled() const;
    [[nodiscard]] bool is_unsettled() const;
    // Only under the exclusive lock.
    void note_settled() const;

  private:
    void link_base(const KnownBase& base,
                   PackCatalog& catalog,
                   const base::Cancellation& cancellation) const;
    [[nodiscard]] HeldFile publish(const base::Sha256Digest& disk,
                                   const DiskManifest& manifest) const;

    os::Path folder_;
    Packs packs_;
};

}  // namespace ingot::artifact
