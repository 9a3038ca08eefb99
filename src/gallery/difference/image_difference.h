// SPDX-License-Identifier: Apache-2.0
// What differs between two raw disks: packages, files, bytes. Reads both without mounting; nothing
// is written. Which images the disks belong to, and how the answer is shown, is the caller's
// business.
//
// File systems are paired: the root ones (those with /etc and /usr) with each other, the others by
// the number of their partition. Those that cannot be read are part of the answer, not an error:
// what can be said of the rest, and of the bytes, is worth having.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "disk/chunks.h"
#include "gallery/difference/file_difference.h"
#include "gallery/difference/packages.h"
#include "os/files.h"

#include <memory>
#include <string>
#include <vector>

namespace ingot::gallery {

// In chunks of 64 KiB, those that are all zero left out.
struct ByteDifference {
    base::ByteCount before{};
    base::ByteCount after{};
    base::ByteCount added{};   // of `after`, what `before` does not hold anywhere; repeats once
    base::ByteCount shared{};  // the rest of `after`
};

// A partition (0: the whole disk) whose files were not compared.
struct UnreadPartition {
    unsigned number = 0;
    std::string reason{};  // "XFS, and only ext2, ext3 and ext4 are read"
    base::ByteCount size{};
    bool same_bytes = false;
};

struct ImageDifference {
    PackageDifference packages{};
    std::vector<std::string> packages_unread{};  // why packages were not compared, if so
    FileDifference files{};
    std::vector<UnreadPartition> unread{};
    ByteDifference bytes{};

    // Anything but times, and bytes that belong to no file.
    [[nodiscard]] bool empty() const;
};

struct ComparedDisk {
    os::Path raw;
    // Of the disk's content, where it is known; else the disk is read for it.
    std::shared_ptr<const disk::ChunkList> chunks{};
};

// `excluded`: paths that do not matter, see is_excluded(); packages are compared all the same.
// Nobody may write the disks meanwhile. Blocks for seconds per gigabyte of data. Throws Cancelled,
// and SystemError if a disk cannot be read.
[[nodiscard]] ImageDifference compare_disks(const ComparedDisk& before,
                                            const ComparedDisk& after,
                                            const std::vector<std::string>& excluded,
                                            const base::Cancellation& cancellation);

}  // namespace ingot::gallery
