// SPDX-License-Identifier: Apache-2.0
#include "artifact/artifact_storage.h"

#include "base/error.h"
#include "disk/disk_copy.h"
#include "os/file_lock.h"

#include <filesystem>

#include <fmt/format.h>

namespace ingot::artifact {
namespace {

using base::Error;
using base::ErrorKind;

os::Path blobs_of(const os::Path& folder) {
    return folder / "blobs" / "sha256";
}

os::Path raws_of(const os::Path& folder) {
    return folder / "raw";
}

os::Path staging_of(const os::Path& folder) {
    return folder / "staging";
}

// A run id becomes the name of a folder that is later removed with all that is in it.
void require_plain_name(const std::string& run_id) {
    if (run_id.empty() || run_id.starts_with('.') || run_id.find('/') != std::string::npos) {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidRunId",
                    fmt::format("'{}' cannot be the name of a run", run_id),
                    run_id);
    }
}

void make_durable_folder(const os::Path& path) {
    if (!std::filesystem::exists(path)) {
        os::make_folders(path);
        os::sync_folder(path.parent_path());
    }
}

std::vector<std::string> names_in(const os::Path& folder) {
    std::vector<std::string> names;
    if (!std::filesystem::exists(folder)) {
        return names;
    }
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        names.push_back(entry.path().filename());
    }
    if (error) {
        throw base::SystemError(error.value(), "listing " + folder.string());
    }
    return names;
}

}  // namespace

disk::DiskView HeldDisk::view() const {
    return store_ ? store_->view(digest_, store_->manifest(digest_))
                  : disk::DiskView::of_raw(file_.path());
}

std::shared_ptr<const disk::ChunkList> HeldDisk::chunks() const {
    return store_ ? std::make_shared<const disk::ChunkList>(store_->manifest(digest_).list)
                  : nullptr;
}

void HeldDisk::copy_to(const os::Path& raw, const base::Cancellation& cancellation) const {
    if (!store_) {
        return disk::copy_to_raw(view(), raw, cancellation);
    }
    base::with_context(fmt::format("reading the disk {}", digest_.hex()),
                       [&] { disk::copy_checked(view(), *chunks(), raw, cancellation); });
}

ArtifactStorage::ArtifactStorage(const os::Path& folder)
    : folder_(std::filesystem::absolute(folder)), store_(folder_) {
    make_durable_folder(raws_of(folder_));
    make_durable_folder(staging_of(folder_));
}

os::Path ArtifactStorage::blob_path(const base::Sha256Digest& digest) const {
    const auto hex = digest.hex();
    return blobs_of(folder_) / hex.substr(0, 2) / hex;
}

os::Path ArtifactStorage::raw_path(const base::Sha256Digest& digest) const {
    return raws_of(folder_) / fmt::format("{}.raw", digest.hex());
}

StoredDisk ArtifactStorage::put_disk(const disk::DiskView& disk,
                                     const std::optional<KnownBase>& base,
                                     const base::Cancellation& cancellation) const {
    auto stored = store_.put(disk, base, cancellation);
    return {HeldDisk(stored.facts.digest, std::move(stored.manifest), store_),
            stored.facts,
            stored.new_bytes};
}

bool ArtifactStorage::has(const base::Sha256Digest& digest) const {
    return std::filesystem::exists(store_.manifest_file(digest)) ||
           std::filesystem::exists(blob_path(digest));
}

std::optional<HeldDisk> ArtifactStorage::try_hold(const base::Sha256Digest& digest) const {
    if (auto manifest = HeldFile::try_hold(store_.manifest_file(digest))) {
        return HeldDisk(digest, std::move(*manifest), store_);
    }
    if (auto blob = HeldFile::try_hold(blob_path(digest))) {
        return HeldDisk(digest, std::move(*blob), std::nullopt);
    }
    return std::nullopt;
}

HeldDisk ArtifactStorage::hold(const base::Sha256Digest& digest) const {
    auto held = try_hold(digest);
    if (!held) {
        throw Error(
            ErrorKind::NotFound,
            "DiskNotFound",
            fmt::format("the disk {} is not in {}; it was deleted, or the storage folder is "
                        "another one",
                        digest.hex(),
                        folder_.string()),
            digest.hex());
    }
    return std::move(*held);
}

std::vector<base::Sha256Digest> ArtifactStorage::list() const {
    auto digests = store_.disks();
    for (const auto& prefix : names_in(blobs_of(folder_))) {
        for (const auto& name : names_in(blobs_of(folder_) / prefix)) {
            const auto digest = base::Sha256Digest::from_hex(name);
            if (digest && !std::filesystem::exists(store_.manifest_file(*digest))) {
                digests.push_back(*digest);
            }
        }
    }
    return digests;
}

bool ArtifactStorage::erase_unused(const base::Sha256Digest& digest,
                                   const std::function<bool()>& is_used) const {
    const auto manifest = store_.manifest_file(digest);
    if (std::filesystem::exists(manifest)) {
        const auto must_stay = [&] {
            if (is_used()) {
                return true;
            }
            static_cast<void>(store_.note_unsettled());
            return false;
        };
        if (!HeldFile::erase_unused(manifest, must_stay)) {
            return false;
        }
        static_cast<void>(erase_raw_file(digest));
        static_cast<void>(collect());
    }
    return HeldFile::erase_unused(blob_path(digest), is_used);
}

Collected ArtifactStorage::collect() const {
    return collect_chunks(store_);
}

void ArtifactStorage::collect_if_needed() const {
    if (store_.is_unsettled()) {
        static_cast<void>(collect());
    }
}

CheckResult ArtifactStorage::verify(std::vector<DiskCopy> copies,
                                    const base::Cancellation& cancellation) const {
    for (const auto& raw : raw_files()) {
        copies.push_back({raw.disk, raw_path(raw.disk)});
    }
    auto result = check_chunks(store_, copies, cancellation);
    for (const auto& digest : list()) {
        const auto blob = blob_path(digest);
        if (std::filesystem::exists(blob) &&
            disk::measure_disk(blob, cancellation).digest != digest) {
            result.problems.push_back(
                fmt::format("{} does not hold what its name says", blob.string()));
        }
    }
    return result;
}

HeldFile ArtifactStorage::raw_file(const HeldDisk& disk,
                                   const base::Cancellation& cancellation) const {
    if (!disk.store_) {
        return HeldFile::try_hold(disk.file_.path()).value();
    }
    const auto path = raw_path(disk.digest());
    while (true) {
        if (auto held = HeldFile::try_hold(path)) {
            return std::move(*held);
        }
        const os::Path making = fmt::format("{}.making", path.string());
        const auto lock =
            os::FileLock::acquire(fmt::format("{}.lock", path.string()), cancellation);
        if (std::filesystem::exists(path)) {
            continue;
        }
        remove_file(making);  // what a killed process left
        disk.copy_to(making, cancellation);
        std::filesystem::permissions(making, std::filesystem::perms(0444));
        if (auto held = HeldFile::publish(making, path)) {
            return std::move(*held);
        }
    }
}

std::vector<RawFile> ArtifactStorage::raw_files() const {
    std::vector<RawFile> files;
    for (const auto& name : names_in(raws_of(folder_))) {
        const auto digest = base::Sha256Digest::from_hex(name.substr(0, name.find('.')));
        if (digest && name.ends_with(".raw")) {
            files.push_back({*digest, os::allocated_size(raw_path(*digest))});
        }
    }
    return files;
}

bool ArtifactStorage::erase_raw_file(const base::Sha256Digest& digest) const {
    const auto path = raw_path(digest);
    const auto lock = os::FileLock::try_acquire(fmt::format("{}.lock", path.string()));
    if (!lock) {
        return false;  // it is being made
    }
    remove_file(fmt::format("{}.making", path.string()));
    return HeldFile::erase_unused(path, [] { return false; });
}

os::ScratchFolder ArtifactStorage::make_staging(const std::string& run_id) const {
    require_plain_name(run_id);
    return os::ScratchFolder(staging_of(folder_) / run_id);
}

void ArtifactStorage::sweep_staging(
    const std::function<bool(const std::string& run_id)>& is_over) const {
    for (const auto& run_id : names_in(staging_of(folder_))) {
        if (is_over(run_id)) {
            os::remove_tree(staging_of(folder_) / run_id);
        }
    }
}

base::ByteCount ArtifactStorage::free_space() const {
    return os::free_space(folder_);
}

}  // namespace ingot::artifact
