// SPDX-License-Identifier: Apache-2.0
// The files of one file system inside a raw disk, as values: names, what a stat would tell, and
// where on the disk the contents are, so that contents are read without the file system's help.
// Plain data: who fills it (ext_tree.h) has checked every place against the bounds of the file
// system.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "os/files.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::disk {

enum class FileType { File, Folder, Link, CharacterDevice, BlockDevice, Pipe, Socket };

// A run of contents. What no piece covers is zero.
struct FilePiece {
    std::uint64_t offset = 0;   // in the file
    std::uint64_t on_disk = 0;  // in the raw disk
    std::uint64_t length = 0;

    auto operator<=>(const FilePiece&) const = default;
};

// One file, however many names it has (hard links).
struct FileNode {
    FileType type = FileType::File;
    unsigned mode = 0;  // the twelve permission bits
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    base::ByteCount size{};
    std::int64_t modified = 0;                        // seconds since 1970
    std::uint64_t device = 0;                         // of a device; as the file system writes it
    std::string link_target{};                        // of a Link
    std::map<std::string, std::string> attributes{};  // extended ones, as stored
    std::vector<FilePiece> pieces{};                  // rising, apart from each other
    std::string inline_contents{};                    // of a small file that has no pieces
};

struct FileName {
    std::string path;      // "/etc/hostname"; the root is "/"
    std::size_t node = 0;  // in FileTree::nodes
};

// The order of paths: that of their bytes, except that '/' comes first, so that a folder is
// followed by all that is in it.
[[nodiscard]] bool is_before(std::string_view a, std::string_view b);

struct FileTree {
    std::vector<FileNode> nodes{};
    std::vector<FileName> names{};  // in the order of is_before, each path once

    // Null if there is no such path. Links are not followed.
    [[nodiscard]] const FileNode* find(std::string_view path) const;
};

// Fills `into` from `offset` of the file on; zeros behind its end. `raw` is the disk it was read
// from. Throws SystemError.
void read_contents(int raw, const FileNode& file, std::uint64_t offset, std::span<std::byte> into);

// The whole file. Throws Error{Unsupported, FileTooLarge} above `limit`.
[[nodiscard]] std::string read_whole(int raw, const FileNode& file, base::ByteCount limit);

struct FileOnDisk {
    int raw;
    const FileNode& file;
};

// Reads both unless their sizes differ; holes are not read, however long. Throws Cancelled.
[[nodiscard]] bool same_contents(const FileOnDisk& a,
                                 const FileOnDisk& b,
                                 const base::Cancellation& cancellation);

}  // namespace ingot::disk
