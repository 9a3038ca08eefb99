// SPDX-License-Identifier: Apache-2.0
// Where each byte of a disk lies: sorted segments of open files, and zeros everywhere else. A raw
// file, a chain of overlays and a stored disk all become one of these, so that hashing, copying and
// publishing read every disk in the same way, and read a byte only where there is one. It keeps its
// files open, not unchanged: that nobody writes or erases them is the caller's to see to. A value;
// several threads may read at once.
#pragma once

#include "base/byte_count.h"
#include "base/cancellation.h"
#include "os/fd.h"
#include "os/files.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace ingot::disk {

// Bytes [start, end) of a disk or a file.
struct Extent {
    std::uint64_t start = 0;
    std::uint64_t end = 0;

    auto operator<=>(const Extent&) const = default;
};

// `length` bytes of the disk from `start` on are those of a file from `offset` on.
struct Segment {
    std::uint64_t start = 0;
    std::uint64_t length = 0;
    std::size_t file = 0;  // of DiskView::files()
    std::uint64_t offset = 0;

    [[nodiscard]] std::uint64_t end() const { return start + length; }

    auto operator<=>(const Segment&) const = default;
};

struct ViewedFile {
    os::Path path;
    std::shared_ptr<const os::Fd> fd{};
};

// The overlays of a VM, the nearest to the guest first, and the raw disk below them. What the files
// say about each other is not believed: this is the chain.
struct DiskChain {
    std::vector<os::Path> overlays{};  // qcow2
    os::Path base;                     // raw
};

class DiskView {
  public:
    // `segments` rise and do not overlap. `from_base`: see from_base().
    DiskView(base::ByteCount size,
             std::vector<ViewedFile> files,
             std::vector<Segment> segments,
             std::vector<Extent> from_base = {});

    // Of a raw file; its holes are not data.
    [[nodiscard]] static DiskView of_raw(const os::Path& raw);

    // Asks qemu-img where the data of each overlay lies. No VM may run on the chain. Blocks; throws
    // Cancelled, ChildFailed, Error{Unsupported, "CompressedOverlay"}.
    [[nodiscard]] static DiskView of_chain(const DiskChain& chain,
                                           const base::Cancellation& cancellation);

    [[nodiscard]] base::ByteCount size() const { return size_; }

    [[nodiscard]] const std::vector<ViewedFile>& files() const { return files_; }

    [[nodiscard]] const std::vector<Segment>& segments() const { return segments_; }

    // Where the disk is what its base is at the same place, zeros included. Empty if there is none.
    [[nodiscard]] const std::vector<Extent>& from_base() const { return from_base_; }

    // Throws Error{Corrupt, "DiskCorrupt"} if a file ends before its segment does.
    void read(std::uint64_t at, std::span<std::byte> into) const;

  private:
    base::ByteCount size_;
    std::vector<ViewedFile> files_;
    std::vector<Segment> segments_;
    std::vector<Extent> from_base_;
};

// The extents of the file that are not holes, rising, as the file system tells (SEEK_DATA). They
// may hold zeros.
[[nodiscard]] std::vector<Extent> data_extents(int fd, base::ByteCount size);

[[nodiscard]] ViewedFile open_viewed(const os::Path& path);

}  // namespace ingot::disk
