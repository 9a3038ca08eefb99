// SPDX-License-Identifier: Apache-2.0
// Files and folders as owned things: scratch that vanishes, replacement that is all or nothing,
// copies that keep holes and share blocks where the file system can. What is in the files is not
// its business.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "base/digest.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace ingot::os {

using Path = std::filesystem::path;

// A folder that is removed with everything in it when its owner goes, unless kept.
class ScratchFolder {
  public:
    // Makes `path` (its parents too). Throws AlreadyExists if it is there.
    explicit ScratchFolder(Path path);
    ~ScratchFolder();
    ScratchFolder(ScratchFolder&& other) noexcept;
    ScratchFolder& operator=(ScratchFolder&&) = delete;
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    // A fresh folder under the system's temporary folder.
    [[nodiscard]] static ScratchFolder temporary();

    [[nodiscard]] const Path& path() const { return path_; }

    void keep() { kept_ = true; }

  private:
    Path path_;
    bool kept_ = false;
};

// Removes a tree without following links; what is already gone is no error. Never throws: returns
// whether the tree is gone.
bool remove_tree(const Path& path) noexcept;

void make_folders(const Path& path);

// Throws Error naming the path. `limit` guards against reading the wrong thing into memory.
[[nodiscard]] std::string read_file(const Path& path,
                                    base::ByteCount limit = base::ByteCount::mib(256));

// Writes beside and renames: a reader sees the old contents or the new. Durable on return.
void replace_file(const Path& path, std::string_view contents, unsigned mode = 0644);

// Copies with holes kept, sharing blocks (reflink) where possible; `to` must not exist. Not
// durable: call sync_file. Cancelling leaves a partial file, which the caller's scratch removes.
void copy_sparse(const Path& from, const Path& to, const base::Cancellation& cancellation);

struct FilePlace {
    int fd = -1;
    std::uint64_t offset = 0;
};

// Copies `length` bytes between open files, sharing blocks where possible. The source must have
// them all. Throws SystemError; a cancel is felt within 64 MiB.
void copy_range(const FilePlace& from,
                const FilePlace& to,
                base::ByteCount length,
                const base::Cancellation& cancellation);

void sync_file(const Path& path);
void sync_folder(const Path& path);

// Of the whole file, holes included.
[[nodiscard]] std::string hash_file(const Path& path,
                                    base::HashAlgorithm algorithm,
                                    const base::Cancellation& cancellation);

[[nodiscard]] base::ByteCount file_length(const Path& path);
// Bytes that really occupy the disk.
[[nodiscard]] base::ByteCount allocated_size(const Path& path);
[[nodiscard]] base::ByteCount free_space(const Path& path);

}  // namespace ingot::os
