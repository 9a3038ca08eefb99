// SPDX-License-Identifier: Apache-2.0
// What differs between two trees of files: names that came and went, and names whose file is
// another one. A time alone is no difference, and is listed apart. Contents are read only where it
// takes reading to know.
#pragma once

#include "base/cancellation.h"
#include "disk/chunks.h"
#include "disk/file_tree.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::gallery {

// What a person or a script is told of a file.
struct FileFacts {
    disk::FileType type = disk::FileType::File;
    unsigned mode = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    base::ByteCount size{};  // of a File; else 0
    std::int64_t modified = 0;
    std::string link_target{};

    bool operator==(const FileFacts&) const = default;
};

struct FilePresence {
    unsigned partition = 0;  // 0: of the root file system
    std::string path{};
    FileFacts file{};
    bool counted = true;  // false: an earlier name in the list is the same file (a hard link)
};

enum class FileAspect { Type, Contents, LinkTarget, Device, Mode, Owner, Attributes };

struct FileChange {
    unsigned partition = 0;
    std::string path{};
    FileFacts before{};
    FileFacts after{};
    std::vector<FileAspect> aspects{};  // empty where only the time differs
};

struct FileDifference {
    std::vector<FilePresence> added{};
    std::vector<FilePresence> removed{};
    std::vector<FileChange> changed{};
    std::vector<FileChange> only_times{};

    // Times do not count.
    [[nodiscard]] bool empty() const { return added.empty() && removed.empty() && changed.empty(); }
};

// Which chunks two disks have in common at the same place.
class CommonChunks {
  public:
    CommonChunks(const disk::ChunkList& a, const disk::ChunkList& b);

    // Whether both hold the same there. False may also mean that a neighbour's bytes differ.
    [[nodiscard]] bool hold(std::uint64_t start, std::uint64_t length) const;

  private:
    std::vector<bool> differs_;
};

struct TreeOnDisk {
    const disk::FileTree& tree;
    int raw;  // the disk it was read from
};

// Whether `path`, or a folder it is in, is meant by one of the patterns: absolute paths, in which
// `*`, `?` and `[…]` stand for what they do in a shell.
[[nodiscard]] bool is_excluded(const std::string& path, const std::vector<std::string>& patterns);

// Throws Cancelled, and SystemError if a disk cannot be read.
[[nodiscard]] FileDifference compare_trees(const TreeOnDisk& before,
                                           const TreeOnDisk& after,
                                           const CommonChunks& common,
                                           const std::vector<std::string>& excluded,
                                           const base::Cancellation& cancellation);

}  // namespace ingot::gallery
