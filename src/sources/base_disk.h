// SPDX-License-Identifier: Apache-2.0
// A template's source becomes a base disk: a raw disk that nobody writes, its content digest, and
// what is known about starting it. Platform images are made or downloaded once per host and kept in
// the cache folder, which can be thrown away; images Ingot published are used where they are
// stored. What is built on top of the disk is build/'s job.
#pragma once

#include "arm/hyper_v_generation.h"
#include "artifact/artifact_storage.h"
#include "base/cancellation.h"
#include "disk/boot_files.h"
#include "disk/disk_digest.h"
#include "gallery/image_repository.h"
#include "os/files.h"
#include "sources/catalog.h"
#include "sources/recipe_run.h"
#include "templates/model.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ingot::sources {

struct BaseDisk {
    os::Path disk;  // raw
    // What keeps the file from being erased or changed meanwhile.
    std::shared_ptr<const artifact::HeldFile> held{};
    // Null if they are not known; then what is built on the disk costs reading it whole.
    std::shared_ptr<const disk::ChunkList> chunks{};
    disk::DiskFacts facts;
    arm::HyperVGeneration generation = arm::HyperVGeneration::V1;
    std::string os_type;
    std::string exact_source;  // URN with its version, or ARM id with its version
    // For a start without firmware and boot loader; absent where the disk does not allow it.
    std::optional<disk::BootFiles> boot{};
    // Whether keys can be given to the guest through systemd credentials (see guest/credentials.h).
    bool reads_credentials = false;
};

class BaseDisks {
  public:
    // All references must outlive this.
    BaseDisks(const Catalog& catalog,
              gallery::ImageRepository& images,
              const artifact::ArtifactStorage& storage,
              os::Path cache);

    // Blocks for as long as making or downloading takes; one process at a time makes one disk,
    // others wait for it. Throws Error: NotFound "PlatformImageNotFound", "SourceImageNotFound";
    // what recipe and download throw.
    [[nodiscard]] BaseDisk resolve(const templates::Source& source,
                                   const Say& say,
                                   const base::Cancellation& cancellation);

    [[nodiscard]] BaseDisk resolve(const PlatformImage& image,
                                   const Say& say,
                                   const base::Cancellation& cancellation);

    // True if resolve() would find it made. Cheap, no network.
    [[nodiscard]] bool is_present(const PlatformImage& image,
                                  const base::Cancellation& cancellation) const;

    // The next resolve() makes it anew.
    void forget(const PlatformImage& image, const base::Cancellation& cancellation) const;

  private:
    [[nodiscard]] BaseDisk published(const gallery::DiskContent& content,
                                     std::string exact_source,
                                     const base::Cancellation& cancellation) const;
    [[nodiscard]] std::string cache_key(const PlatformImage& image,
                                        const base::Cancellation& cancellation) const;
    [[nodiscard]] BaseDisk made(const PlatformImage& image,
                                const os::Path& folder,
                                const base::Cancellation& cancellation) const;
    void make(const PlatformImage& image,
              const os::Path& folder,
              const Say& say,
              const base::Cancellation& cancellation) const;
    // Adds what is known about starting the disk, found out once per disk.
    void add_boot_facts(BaseDisk& disk, const base::Cancellation& cancellation) const;

    const Catalog& catalog_;
    gallery::ImageRepository& images_;
    const artifact::ArtifactStorage& storage_;
    os::Path cache_;
};

}  // namespace ingot::sources
