// SPDX-License-Identifier: Apache-2.0
// The layers that this host keeps: states of builds after each step, as folders named by their key
// (docs/formats/layers.md). A layer stands alone: it has all overlays above the base and a
// memory state, and shares files with other layers by hard links. Everything in here is a cache:
// what is damaged is dropped, what is not used for longest goes first, and any of it may be removed
// by hand while nothing runs. Which state is worth keeping is layered_vm.h's decision. Any number
// of processes may use one folder.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "base/digest.h"
#include "base/timestamp.h"
#include "build/step_input.h"
#include "os/fd.h"
#include "os/file_lock.h"
#include "os/files.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ingot::build {

struct LayerFacts {
    base::Sha256Digest key{};
    base::Sha256Digest parent{};  // all zero for a state before the first customizer
    base::Sha256Digest base{};
    std::string title{};
    StepInputs inputs{};
    base::Timestamp born{};    // when the oldest step in it ran: what its age counts from
    base::Timestamp sealed{};  // when it was made itself
    std::string machine{};     // whose memory it has (vm::machine_identity, and of which agent)
    std::size_t overlays = 0;  // how many it has; filled in by keep()
};

// A layer that stays for as long as this lives.
class Layer {
  public:
    [[nodiscard]] const LayerFacts& facts() const { return facts_; }

    // Nearest first; the base is not among them.
    [[nodiscard]] std::vector<os::Path> overlays() const;

    [[nodiscard]] os::Path memory_folder() const { return folder_ / "memory"; }

    [[nodiscard]] const os::Path& folder() const { return folder_; }

  private:
    friend class LayerCache;

    Layer(os::Path folder, os::Fd held, LayerFacts facts)
        : folder_(std::move(folder)), held_(std::move(held)), facts_(std::move(facts)) {}

    os::Path folder_;
    os::Fd held_;  // shared lock
    LayerFacts facts_;
};

// For listings.
struct LayerEntry {
    LayerFacts facts;
    base::ByteCount disk_size;  // its overlays, also those it shares
    base::ByteCount memory_size;
    base::Timestamp last_used;
    bool in_use = false;
};

class LayerCache {
  public:
    // Makes the folder if it is not there.
    explicit LayerCache(os::Path folder);

    // Marks it as used now. Nothing if there is none, or it is older than `max_age`, or cannot be
    // read. Overlays are not verified yet.
    [[nodiscard]] std::optional<Layer> find(const base::Sha256Digest& key,
                                            std::chrono::seconds max_age) const;

    // Throws Error{Corrupt, "FileDamaged"} if an overlay is not what was sealed. Memory states are
    // verified as they are read.
    static void verify_overlays(const Layer& layer, const base::Cancellation& cancellation);

    // An empty folder in the cache for a layer to be made in; its `memory` folder is there.
    [[nodiscard]] os::ScratchFolder draft(const std::string& run_id) const;

    // Makes the draft the layer of its key. `overlays` (nearest first) are linked into it; the
    // first is the new one and gets its checksums, the others have theirs from `below`. A layer of
    // that key that is there and not in use is replaced; one that is in use stays, and the draft
    // goes.
    void keep(os::ScratchFolder draft,
              const LayerFacts& facts,
              const std::vector<os::Path>& overlays,
              const base::Cancellation& cancellation) const;

    // False if it is in use.
    [[nodiscard]] bool drop(const base::Sha256Digest& key) const;

    // Held by the run that is making this layer: others wait for it instead of doing the same work.
    [[nodiscard]] std::optional<os::FileLock> try_claim(const base::Sha256Digest& key) const;
    [[nodiscard]] os::FileLock claim(const base::Sha256Digest& key,
                                     const base::Cancellation& cancellation) const;

    // Least recently used first.
    [[nodiscard]] std::vector<LayerEntry> list() const;

    // What all layers occupy together.
    [[nodiscard]] base::ByteCount size() const;

    // Removes the layers that find() cannot even read, unless they are in use, and returns their
    // folders.
    [[nodiscard]] std::vector<os::Path> drop_unreadable() const;

    // Removes what a killed process left: drafts of runs for which `is_over` is true, and what was
    // being removed. And the files of claims that nobody holds.
    void sweep(const std::function<bool(const std::string& run_id)>& is_over) const;

  private:
    [[nodiscard]] os::Path folder_of(const base::Sha256Digest& key) const;
    [[nodiscard]] os::Path claim_file(const base::Sha256Digest& key) const;
    void sweep_claims() const;
    // Under another name first, so that nobody finds half of it.
    void remove(const os::Path& folder) const;

    os::Path folder_;
};

}  // namespace ingot::build
