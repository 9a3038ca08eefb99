// SPDX-License-Identifier: Apache-2.0
#include "artifact/artifact_storage.h"

#include "base/error.h"
#include "os/file_lock.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::artifact {
namespace {

using base::Error;
using base::ErrorKind;

os::Path blobs_of(const os::Path& folder) {
    return folder / "blobs" / "sha256";
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

// Makes `path` and what leads to it, each durable: a name is on disk when its folder was synced.
void make_durable_folder(const os::Path& path) {
    if (std::filesystem::exists(path)) {
        return;
    }
    make_durable_folder(path.parent_path());
    os::make_folders(path);
    os::sync_folder(path.parent_path());
}

void remove_file(const os::Path& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
        throw base::SystemError(errno, "removing " + path.string());
    }
}

std::vector<std::string> names_in(const os::Path& folder) {
    std::vector<std::string> names;
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

ArtifactStorage::ArtifactStorage(const os::Path& folder)
    : folder_(std::filesystem::absolute(folder)) {
    make_durable_folder(blobs_of(folder_));
    make_durable_folder(staging_of(folder_));
}

os::Path ArtifactStorage::blob_path(const base::Sha256Digest& digest) const {
    const auto hex = digest.hex();
    return blobs_of(folder_) / hex.substr(0, 2) / hex;
}

HeldDisk ArtifactStorage::put_disk(const os::Path& staged, const base::Sha256Digest& digest) const {
    const auto path = blob_path(digest);
    make_durable_folder(path.parent_path());
    if (::chmod(staged.c_str(), 0444) != 0) {
        throw base::SystemError(errno, "protecting " + staged.string());
    }
    // Held before it has its name, so there is no moment in which a sweep could take it.
    HeldDisk held(path, os::open_file(staged, O_RDONLY));
    os::lock_shared(held.locked_, staged);
    os::sync_file(staged);
    // A link, not a rename: it never replaces the file that another process holds.
    while (::link(staged.c_str(), path.c_str()) != 0) {
        if (errno != EEXIST) {
            throw base::SystemError(errno, "publishing " + path.string());
        }
        if (auto known = try_hold(digest)) {
            remove_file(staged);
            return std::move(*known);
        }
    }
    os::sync_folder(path.parent_path());
    remove_file(staged);
    return held;
}

bool ArtifactStorage::has(const base::Sha256Digest& digest) const {
    return std::filesystem::exists(blob_path(digest));
}

std::optional<HeldDisk> ArtifactStorage::try_hold(const base::Sha256Digest& digest) const {
    const auto path = blob_path(digest);
    os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        throw base::SystemError(errno, "opening " + path.string());
    }
    os::lock_shared(fd, path);

    struct stat status {};

    if (::fstat(fd.get(), &status) != 0) {
        throw base::SystemError(errno, "looking at " + path.string());
    }
    const bool erased_meanwhile = status.st_nlink == 0;
    return erased_meanwhile ? std::nullopt : std::optional(HeldDisk(path, std::move(fd)));
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
    std::vector<base::Sha256Digest> digests;
    for (const auto& prefix : names_in(blobs_of(folder_))) {
        for (const auto& name : names_in(blobs_of(folder_) / prefix)) {
            if (const auto digest = base::Sha256Digest::from_hex(name)) {
                digests.push_back(*digest);
            }
        }
    }
    return digests;
}

bool ArtifactStorage::erase_unused(const base::Sha256Digest& digest,
                                   const std::function<bool()>& is_used) const {
    const auto path = blob_path(digest);
    const os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) {
        return true;
    }
    if (!os::try_lock_exclusive(fd, path) || is_used()) {
        return false;
    }
    remove_file(path);
    os::sync_folder(path.parent_path());
    return true;
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
