// SPDX-License-Identifier: Apache-2.0
#include "disk/chunks.h"

#include "disk/in_parallel.h"
#include "disk/zeros.h"

#include <algorithm>
#include <mutex>
#include <string_view>

namespace ingot::disk {
namespace {

constexpr std::uint64_t kChunk = kChunkSize.bytes();
// What one thread reads at once: enough to make system calls cheap, little enough that all threads
// end together.
constexpr std::uint64_t kRead = base::ByteCount::mib(1).bytes();

// Extents as whole chunks, cut where a read ends. Those that come in share no more than a chunk
// with the one before.
class Ranges {
  public:
    explicit Ranges(std::uint64_t disk_size) : disk_size_(disk_size) {}

    void add(const Extent& extent) {
        const auto end = std::min((extent.end + kChunk - 1) / kChunk * kChunk, disk_size_);
        auto start = std::max(extent.start / kChunk * kChunk, done_);
        while (start < end) {
            const auto stop = std::min((start / kRead + 1) * kRead, end);
            if (start % kRead != 0 && !ranges_.empty() && ranges_.back().end == start) {
                ranges_.back().end = stop;
            } else {
                ranges_.push_back({start, stop});
            }
            start = stop;
        }
        done_ = std::max(done_, end);
    }

    [[nodiscard]] std::vector<Extent> take() { return std::move(ranges_); }

  private:
    std::uint64_t disk_size_;
    std::uint64_t done_ = 0;
    std::vector<Extent> ranges_;
};

// The whole chunks within what comes from a base of `base_size` bytes. A chunk that the base's end
// cuts short is another one on a larger disk.
std::vector<Extent> whole_chunks(const DiskView& disk, std::uint64_t base_size) {
    std::vector<Extent> whole;
    const auto size = disk.size().bytes();
    for (const auto& range : disk.from_base()) {
        const auto start = (range.start + kChunk - 1) / kChunk * kChunk;
        const auto limit = std::min(range.end, base_size);
        const auto end = limit == size ? size : limit / kChunk * kChunk;
        if (start < end) {
            whole.push_back({start, end});
        }
    }
    return whole;
}

// What of the segments lies outside `known`; both rise.
std::vector<Extent> data_outside(const DiskView& disk, const std::vector<Extent>& known) {
    std::vector<Extent> outside;
    auto next = known.begin();
    for (const auto& segment : disk.segments()) {
        auto at = segment.start;
        while (next != known.end() && next->end <= at) {
            ++next;
        }
        for (auto hole = next; at < segment.end(); ++hole) {
            const bool last = hole == known.end() || hole->start >= segment.end();
            const auto stop = last ? segment.end() : hole->start;
            if (at < stop) {
                outside.push_back({at, stop});
            }
            if (last) {
                break;
            }
            at = hole->end;
        }
    }
    return outside;
}

}  // namespace

std::uint64_t length_of_chunk(std::uint64_t index, base::ByteCount virtual_size) {
    return std::min(kChunk, virtual_size.bytes() - index * kChunk);
}

base::Sha256Digest digest_of_chunk(std::span<const std::byte> bytes) {
    return base::sha256(
        std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

ReadingPlan plan_reading(const DiskView& disk,
                         const ChunkList* base,
                         const std::function<bool(const Chunk&)>& is_wanted) {
    ReadingPlan plan;
    Ranges ranges(disk.size().bytes());
    if (base == nullptr) {
        for (const auto& extent : data_outside(disk, {})) {
            ranges.add(extent);
        }
        plan.ranges = ranges.take();
        return plan;
    }
    const auto known = whole_chunks(disk, base->virtual_size.bytes());
    auto to_read = data_outside(disk, known);
    auto chunk = base->chunks.begin();
    for (const auto& range : known) {
        chunk = std::lower_bound(
            chunk, base->chunks.end(), range.start / kChunk, [](const auto& c, auto index) {
                return c.index < index;
            });
        for (; chunk != base->chunks.end() && chunk->index * kChunk < range.end; ++chunk) {
            if (is_wanted(*chunk)) {
                plan.known.push_back(*chunk);
            } else {
                to_read.push_back({chunk->index * kChunk, (chunk->index + 1) * kChunk});
            }
        }
    }
    std::sort(to_read.begin(), to_read.end());
    for (const auto& extent : to_read) {
        ranges.add(extent);
    }
    plan.ranges = ranges.take();
    return plan;
}

ChunkList list_chunks(const DiskView& disk,
                      const ReadingPlan& plan,
                      const ChunkVisitor& visit,
                      const base::Cancellation& cancellation) {
    ChunkList list{.virtual_size = disk.size(), .chunks = plan.known};
    std::mutex mutex;
    const auto read_range = [&](std::size_t number) {
        const auto& range = plan.ranges[number];
        std::vector<std::byte> bytes(range.end - range.start);
        disk.read(range.start, bytes);
        for (std::uint64_t at = 0; at < bytes.size(); at += kChunk) {
            const auto piece = std::span(bytes).subspan(at, std::min(kChunk, bytes.size() - at));
            if (all_zero(piece)) {
                continue;
            }
            const Chunk chunk{(range.start + at) / kChunk, digest_of_chunk(piece)};
            if (visit) {
                visit(chunk, piece);
            }
            const std::lock_guard lock(mutex);
            list.chunks.push_back(chunk);
        }
    };
    in_parallel(plan.ranges.size(), read_range, cancellation);
    std::sort(list.chunks.begin(), list.chunks.end());
    return list;
}

ChunkList list_chunks(const DiskView& disk, const base::Cancellation& cancellation) {
    return list_chunks(disk, plan_reading(disk, nullptr, {}), {}, cancellation);
}

}  // namespace ingot::disk
