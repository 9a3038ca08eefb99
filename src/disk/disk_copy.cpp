// SPDX-License-Identifier: Apache-2.0
#include "disk/disk_copy.h"

#include "disk/in_parallel.h"
#include "os/fd.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

constexpr std::uint64_t kChunkLength = kChunkSize.bytes();

os::Fd make_sized(const os::Path& path, base::ByteCount size) {
    auto fd = os::open_file(path, O_RDWR | O_CREAT | O_EXCL, 0644);
    if (::ftruncate(fd.get(), static_cast<off_t>(size.bytes())) != 0) {
        throw base::SystemError(errno, "sizing " + path.string());
    }
    return fd;
}

// Segments cut so that the threads end together and a cancel is felt.
std::vector<Segment> pieces_of(const DiskView& disk) {
    constexpr std::uint64_t kPiece = base::ByteCount::mib(16).bytes();
    std::vector<Segment> pieces;
    for (const auto& segment : disk.segments()) {
        for (std::uint64_t done = 0; done < segment.length; done += kPiece) {
            pieces.push_back({segment.start + done,
                              std::min(kPiece, segment.length - done),
                              segment.file,
                              segment.offset + done});
        }
    }
    return pieces;
}

// Runs of chunks [first, last) that follow each other, each read at once.
struct Run {
    std::size_t first = 0;
    std::size_t last = 0;
};

std::vector<Run> runs_of(const std::vector<Chunk>& chunks) {
    constexpr std::size_t kLongest = 16;
    std::vector<Run> runs;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        const bool goes_on =
            i > 0 && chunks[i].index == chunks[i - 1].index + 1 && i - runs.back().first < kLongest;
        if (goes_on) {
            runs.back().last = i + 1;
        } else {
            runs.push_back({i, i + 1});
        }
    }
    return runs;
}

void write_exactly(int fd, std::span<const std::byte> bytes, std::uint64_t at) {
    while (!bytes.empty()) {
        const auto done = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (done < 0 && errno != EINTR) {
            throw base::SystemError(errno, "writing a disk");
        }
        const auto written = static_cast<std::size_t>(std::max<ssize_t>(done, 0));
        bytes = bytes.subspan(written);
        at += written;
    }
}

}  // namespace

base::Error corrupt_chunk(const Chunk& chunk, std::string_view what_is_wrong) {
    return {base::ErrorKind::Corrupt,
            "ChunkCorrupt",
            fmt::format("chunk {} ({}) {}", chunk.index, chunk.digest.hex(), what_is_wrong),
            chunk.digest.hex()};
}

void copy_to_raw(const DiskView& disk, const os::Path& to, const base::Cancellation& cancellation) {
    const auto out = make_sized(to, disk.size());
    const auto pieces = pieces_of(disk);
    base::with_context("writing " + to.string(), [&] {
        in_parallel(
            pieces.size(),
            [&](std::size_t number) {
                const auto& piece = pieces[number];
                os::copy_range({disk.files()[piece.file].fd->get(), piece.offset},
                               {out.get(), piece.start},
                               base::ByteCount(piece.length),
                               cancellation);
            },
            cancellation);
    });
}

void copy_checked(const DiskView& disk,
                  const ChunkList& chunks,
                  const os::Path& to,
                  const base::Cancellation& cancellation) {
    const auto out = make_sized(to, disk.size());
    const auto runs = runs_of(chunks.chunks);
    const auto copy_run = [&](std::size_t number) {
        const auto& run = runs[number];
        const auto start = chunks.chunks[run.first].index * kChunkLength;
        const auto& last = chunks.chunks[run.last - 1];
        std::vector<std::byte> bytes(last.index * kChunkLength +
                                     length_of_chunk(last.index, disk.size()) - start);
        disk.read(start, bytes);
        for (auto i = run.first; i < run.last; ++i) {
            const auto& chunk = chunks.chunks[i];
            const auto piece = std::span<const std::byte>(bytes).subspan(
                chunk.index * kChunkLength - start, length_of_chunk(chunk.index, disk.size()));
            if (digest_of_chunk(piece) != chunk.digest) {
                throw corrupt_chunk(chunk, "does not hold what its digest says");
            }
        }
        write_exactly(out.get(), bytes, start);
    };
    in_parallel(runs.size(), copy_run, cancellation);
}

}  // namespace ingot::disk
