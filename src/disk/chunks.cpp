// SPDX-License-Identifier: Apache-2.0
#include "disk/chunks.h"

#include "base/error.h"
#include "os/fd.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <mutex>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

constexpr std::uint64_t kChunk = kChunkSize.bytes();
// What one thread reads at once: enough to make system calls cheap, little enough that all threads
// end together.
constexpr std::uint64_t kRead = base::ByteCount::mib(1).bytes();

// The chunks that the extents touch, as ranges that begin at a chunk and are read in one piece.
std::vector<Extent> reading_ranges(const std::vector<Extent>& extents, std::uint64_t size) {
    std::vector<Extent> ranges;
    std::uint64_t done = 0;
    for (const auto& extent : extents) {
        const auto end = std::min((extent.end + kChunk - 1) / kChunk * kChunk, size);
        auto start = std::max(extent.start / kChunk * kChunk, done);
        while (start < end) {
            const auto stop = std::min((start / kRead + 1) * kRead, end);
            ranges.push_back({start, stop});
            start = stop;
        }
        done = std::max(done, end);
    }
    return ranges;
}

void read_exactly(int fd, std::span<std::byte> into, std::uint64_t offset) {
    while (!into.empty()) {
        const auto got = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            throw base::SystemError(got == 0 ? EIO : errno, "reading a disk");
        }
        into = into.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
}

// Compares the bytes with themselves, one further: memcmp is as fast as memory.
bool all_zero(std::span<const std::byte> bytes) {
    return bytes[0] == std::byte{0} &&
           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

// The walk that several threads share.
class ChunkWalk {
  public:
    ChunkWalk(int fd,
              std::vector<Extent> ranges,
              const ChunkVisitor& visit,
              const base::Cancellation& cancellation)
        : fd_(fd), ranges_(std::move(ranges)), visit_(visit), cancellation_(cancellation) {}

    [[nodiscard]] std::size_t useful_threads() const {
        const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
        return std::clamp<std::size_t>(ranges_.size(), 1, cores);
    }

    // Takes ranges until none are left or somebody failed.
    void work() noexcept {
        try {
            std::vector<std::byte> buffer(kRead);
            for (auto i = next_.fetch_add(1); i < ranges_.size(); i = next_.fetch_add(1)) {
                cancellation_.throw_if_cancelled();
                visit_range(ranges_[i], buffer);
            }
        } catch (...) {
            const std::lock_guard lock(failure_mutex_);
            failure_ = failure_ ? failure_ : std::current_exception();
            next_ = ranges_.size();
        }
    }

    void rethrow_failure() const {
        if (failure_) {
            std::rethrow_exception(failure_);
        }
    }

  private:
    void visit_range(const Extent& range, std::span<std::byte> buffer) const {
        const auto bytes = buffer.first(range.end - range.start);
        read_exactly(fd_, bytes, range.start);
        for (std::uint64_t at = 0; at < bytes.size(); at += kChunk) {
            const auto chunk = bytes.subspan(at, std::min(kChunk, bytes.size() - at));
            if (!all_zero(chunk)) {
                visit_((range.start + at) / kChunk, chunk);
            }
        }
    }

    int fd_;
    std::vector<Extent> ranges_;
    const ChunkVisitor& visit_;
    const base::Cancellation& cancellation_;
    std::atomic<std::size_t> next_ = 0;
    std::mutex failure_mutex_;
    std::exception_ptr failure_;
};

}  // namespace

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

void for_each_chunk(const os::Path& raw,
                    const ChunkVisitor& visit,
                    const base::Cancellation& cancellation) {
    const auto fd = os::open_file(raw, O_RDONLY);
    const auto size = os::file_length(raw);
    ChunkWalk walk(
        fd.get(), reading_ranges(data_extents(fd.get(), size), size.bytes()), visit, cancellation);
    {
        std::vector<std::jthread> others;
        for (std::size_t i = 1; i < walk.useful_threads(); ++i) {
            others.emplace_back([&walk] { walk.work(); });
        }
        walk.work();
    }
    walk.rethrow_failure();
}

ChunkList list_chunks(const os::Path& raw, const base::Cancellation& cancellation) {
    ChunkList list{.virtual_size = os::file_length(raw)};
    std::mutex mutex;
    for_each_chunk(
        raw,
        [&](std::uint64_t index, std::span<const std::byte> bytes) {
            const auto digest = base::sha256(
                std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
            const std::lock_guard lock(mutex);
            list.chunks.push_back({index, digest});
        },
        cancellation);
    std::sort(list.chunks.begin(), list.chunks.end());
    return list;
}

}  // namespace ingot::disk
