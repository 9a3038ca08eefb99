// SPDX-License-Identifier: Apache-2.0
#include "disk/disk_view.h"

#include "base/error.h"
#include "disk/qemu_img.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

using base::Error;
using base::ErrorKind;

[[noreturn]] void ends_early(const ViewedFile& file, std::uint64_t offset) {
    throw Error(
        ErrorKind::Corrupt,
        "DiskCorrupt",
        fmt::format("{} ends before byte {}, where a disk has data", file.path.string(), offset),
        file.path.string());
}

void read_exactly(const ViewedFile& file, std::span<std::byte> into, std::uint64_t offset) {
    while (!into.empty()) {
        const auto got =
            ::pread(file.fd->get(), into.data(), into.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            throw base::SystemError(errno, "reading " + file.path.string());
        }
        if (got == 0) {
            ends_early(file, offset);
        }
        into = into.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
}

// A segment or an extent longer, if the new piece continues it.
void add_segment(std::vector<Segment>& segments, const Segment& next) {
    if (!segments.empty()) {
        auto& last = segments.back();
        if (last.end() == next.start && last.file == next.file &&
            last.offset + last.length == next.offset) {
            last.length += next.length;
            return;
        }
    }
    segments.push_back(next);
}

void add_extent(std::vector<Extent>& extents, const Extent& next) {
    if (!extents.empty() && extents.back().end == next.start) {
        extents.back().end = next.end;
    } else {
        extents.push_back(next);
    }
}

}  // namespace

ViewedFile open_viewed(const os::Path& path) {
    return {path, std::make_shared<const os::Fd>(os::open_file(path, O_RDONLY))};
}

std::vector<Extent> data_extents(int fd, base::ByteCount size) {
    std::vector<Extent> extents;
    const auto end = static_cast<off_t>(size.bytes());
    for (off_t at = 0; at < end;) {
        const off_t data = ::lseek(fd, at, SEEK_DATA);
        if (data < 0 && errno != ENXIO) {
            throw base::SystemError(errno, "looking for data in a disk");
        }
        if (data < 0 || data >= end) {
            break;  // ENXIO: only a hole is left
        }
        const off_t hole = ::lseek(fd, data, SEEK_HOLE);
        if (hole < 0) {
            throw base::SystemError(errno, "looking for a hole in a disk");
        }
        extents.push_back(
            {static_cast<std::uint64_t>(data), static_cast<std::uint64_t>(std::min(hole, end))});
        at = hole;
    }
    return extents;
}

DiskView::DiskView(base::ByteCount size,
                   std::vector<ViewedFile> files,
                   std::vector<Segment> segments,
                   std::vector<Extent> from_base)
    : size_(size),
      files_(std::move(files)),
      segments_(std::move(segments)),
      from_base_(std::move(from_base)) {}

DiskView DiskView::of_raw(const os::Path& raw) {
    auto file = open_viewed(raw);
    const auto size = os::file_length(raw);
    std::vector<Segment> segments;
    for (const auto& extent : data_extents(file.fd->get(), size)) {
        segments.push_back({extent.start, extent.end - extent.start, 0, extent.start});
    }
    return {size, {std::move(file)}, std::move(segments), {{0, size.bytes()}}};
}

DiskView DiskView::of_chain(const DiskChain& chain, const base::Cancellation& cancellation) {
    if (chain.overlays.empty()) {
        return of_raw(chain.base);
    }
    std::vector<ViewedFile> files;
    for (const auto& overlay : chain.overlays) {
        files.push_back(open_viewed(overlay));
    }
    files.push_back(open_viewed(chain.base));
    std::vector<Segment> segments;
    std::vector<Extent> from_base;
    std::uint64_t size = 0;
    for (const auto& extent : map_chain(chain, cancellation)) {
        size = extent.start + extent.length;
        if (extent.offset) {
            add_segment(segments, {extent.start, extent.length, extent.depth, *extent.offset});
        }
        if (extent.depth == chain.overlays.size()) {
            add_extent(from_base, {extent.start, size});
        }
    }
    return {base::ByteCount(size), std::move(files), std::move(segments), std::move(from_base)};
}

void DiskView::read(std::uint64_t at, std::span<std::byte> into) const {
    const auto end = at + into.size();
    auto next =
        std::upper_bound(segments_.begin(), segments_.end(), at, [](auto place, const auto& s) {
            return place < s.end();
        });
    while (at < end) {
        const bool in_hole = next == segments_.end() || next->start > at;
        const auto stop = std::min(end,
                                   next == segments_.end() ? end
                                   : in_hole               ? next->start
                                                           : next->end());
        const auto part = into.first(static_cast<std::size_t>(stop - at));
        if (in_hole) {
            std::memset(part.data(), 0, part.size());
        } else {
            read_exactly(files_[next->file], part, next->offset + (at - next->start));
            ++next;
        }
        into = into.subspan(part.size());
        at = stop;
    }
}

}  // namespace ingot::disk
