// SPDX-License-Identifier: Apache-2.0
// Where things lie in Ingot's state folder. Paths only: making, filling and sweeping these places
// belongs to whoever owns what lies there. Everything under cache/ can be thrown away at any time;
// everything under runs/ belongs to one live run each and is swept with it.
#pragma once

#include <filesystem>
#include <string>

namespace ingot::build {

class StateFolder {
  public:
    using Path = std::filesystem::path;

    explicit StateFolder(Path root) : root_(std::move(root)) {}

    [[nodiscard]] const Path& root() const { return root_; }

    [[nodiscard]] Path database() const { return root_ / "ingot.db"; }

    // Disks named by digest (artifact::ArtifactStorage) and the VHD files of VHD distributors.
    [[nodiscard]] Path artifacts() const { return root_ / "artifacts"; }

    [[nodiscard]] Path vhds() const { return root_ / "vhds"; }

    [[nodiscard]] Path cache() const { return root_ / "cache"; }

    // States of builds (layers/layer_cache.h), images by what made them (layers/image_record.h),
    // and what runs did, for a later look (layers/run_trace.h).
    [[nodiscard]] Path layers() const { return cache() / "layers"; }

    [[nodiscard]] Path image_records() const { return cache() / "images"; }

    [[nodiscard]] Path run_traces() const { return cache() / "runs"; }

    [[nodiscard]] Path runs() const { return root_ / "runs"; }

    // Held by the worker as long as it lives; beside the run's folder so that it can outlive it.
    [[nodiscard]] Path worker_lock(const std::string& run_id) const {
        return runs() / (run_id + ".lock");
    }

    // The run's scratch: overlay, seed, fetched scripts.
    [[nodiscard]] Path run(const std::string& run_id) const { return runs() / run_id; }

  private:
    Path root_;
};

}  // namespace ingot::build
