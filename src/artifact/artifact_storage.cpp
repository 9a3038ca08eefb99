// SPDX-License-Identifier: Apache-2.0
#include "artifact/artifact_storage.h"

#include "base/error.h"

#include <cerrno>
#include <filesystem>

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

void ArtifactStorage::put_disk(const os::Path& staged, const base::Sha256Digest& digest) const {
    const auto path = blob_path(digest);
    if (has(digest)) {
        remove_file(staged);
        return;
    }
    make_durable_folder(path.parent_path());
    if (::chmod(staged.c_str(), 0444) != 0) {
        throw base::SystemError(errno, "protecting " + staged.string());
    }
    os::sync_file(staged);
    // Two processes may get here with the same disk: the second rename changes nothing of note.
    if (::rename(staged.c_str(), path.c_str()) != 0) {
        throw base::SystemError(errno, "publishing " + path.string());
    }
    os::sync_folder(path.parent_path());
}

bool ArtifactStorage::has(const base::Sha256Digest& digest) const {
    return std::filesystem::exists(blob_path(digest));
}

os::Path ArtifactStorage::path_of(const base::Sha256Digest& digest) const {
    if (!has(digest)) {
        throw Error(
            ErrorKind::NotFound,
            "DiskNotFound",
            fmt::format("the disk {} is not in {}; it was deleted, or the storage folder is "
                        "another one",
                        digest.hex(),
                        folder_.string()),
            digest.hex());
    }
    return blob_path(digest);
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

void ArtifactStorage::erase(const base::Sha256Digest& digest) const {
    if (has(digest)) {
        remove_file(blob_path(digest));
        os::sync_folder(blob_path(digest).parent_path());
    }
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
