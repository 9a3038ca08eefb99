// SPDX-License-Identifier: Apache-2.0
#include "disk/file_checks.h"

#include "base/error.h"
#include "disk/chunks.h"
#include "disk/zeros.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <exception>
#include <functional>
#include <iterator>
#include <mutex>
#include <span>
#include <thread>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

namespace ingot::disk {
namespace {

constexpr std::uint64_t kBlock = kCheckedBlock.bytes();
constexpr std::uint64_t kPiece = kChunkSize.bytes();
constexpr std::string_view kChecksFormat = "ingot file checks 1";

[[noreturn]] void throw_damaged(const std::string& what) {
    throw base::Error(base::ErrorKind::Corrupt, "FileDamaged", what);
}

base::ByteCount length_of(int file) {
    struct stat status {};

    if (::fstat(file, &status) != 0) {
        throw base::SystemError(errno, "looking at a file");
    }
    return base::ByteCount(static_cast<std::uint64_t>(status.st_size));
}

// What lies beyond the end reads as zeros: a file that was cut off fails its checks.
void read_block(int file, std::span<std::byte> into, std::uint64_t offset) {
    while (!into.empty()) {
        const auto got = ::pread(file, into.data(), into.size(), static_cast<off_t>(offset));
        if (got < 0 && errno != EINTR) {
            throw base::SystemError(errno, "reading a file of the cache");
        }
        if (got == 0) {
            std::ranges::fill(into, std::byte{0});
            return;
        }
        into = into.subspan(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        offset += static_cast<std::uint64_t>(std::max<ssize_t>(got, 0));
    }
}

void write_piece(int file, std::span<const std::byte> bytes, std::uint64_t offset) {
    while (!bytes.empty()) {
        const auto put = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (put < 0 && errno != EINTR) {
            throw base::SystemError(errno, "writing a file of the cache");
        }
        bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(put, 0)));
        offset += static_cast<std::uint64_t>(std::max<ssize_t>(put, 0));
    }
}

void write_what_is_not_zero(int file, std::span<const std::byte> block, std::uint64_t offset) {
    for (std::uint64_t at = 0; at < block.size(); at += kPiece) {
        const auto piece = block.subspan(at, std::min(kPiece, block.size() - at));
        if (!all_zero(piece)) {
            write_piece(file, piece, offset + at);
        }
    }
}

void set_length(int file, base::ByteCount length) {
    if (::ftruncate(file, static_cast<off_t>(length.bytes())) != 0) {
        throw base::SystemError(errno, "giving a file of the cache its length");
    }
}

std::vector<std::uint64_t> blocks_with_data(int file, base::ByteCount length) {
    std::vector<std::uint64_t> blocks;
    for (const auto& extent : data_extents(file, length)) {
        auto block = extent.start / kBlock;
        if (!blocks.empty()) {
            block = std::max(block, blocks.back() + 1);
        }
        for (; block * kBlock < extent.end; ++block) {
            blocks.push_back(block);
        }
    }
    return blocks;
}

using BlockVisitor = std::function<void(std::uint64_t index, std::span<const std::byte> bytes)>;

// Calls `visit` for each block, on all cores and in no order.
class BlockWalk {
  public:
    BlockWalk(int file, base::ByteCount length, const base::Cancellation& cancellation)
        : file_(file), length_(length.bytes()), cancellation_(cancellation) {}

    void run(const std::vector<std::uint64_t>& blocks, const BlockVisitor& visit) {
        {
            const auto cores = std::max(1U, std::thread::hardware_concurrency());
            const auto useful = std::min<std::size_t>(cores, blocks.size() / 4);
            std::vector<std::jthread> others;
            for (std::size_t i = 1; i < useful; ++i) {
                others.emplace_back([&] { work(blocks, visit); });
            }
            work(blocks, visit);
        }
        if (failure_) {
            std::rethrow_exception(failure_);
        }
    }

  private:
    void work(const std::vector<std::uint64_t>& blocks, const BlockVisitor& visit) noexcept {
        try {
            std::vector<std::byte> buffer(kBlock);
            for (auto i = next_.fetch_add(1); i < blocks.size(); i = next_.fetch_add(1)) {
                cancellation_.throw_if_cancelled();
                const auto start = blocks[i] * kBlock;
                const auto bytes =
                    std::span(buffer).first(std::min(kBlock, length_ - std::min(length_, start)));
                read_block(file_, bytes, start);
                visit(blocks[i], bytes);
            }
        } catch (...) {
            const std::lock_guard lock(failure_mutex_);
            failure_ = failure_ ? failure_ : std::current_exception();
            next_ = blocks.size();
        }
    }

    int file_;
    std::uint64_t length_;
    const base::Cancellation& cancellation_;
    std::atomic<std::size_t> next_ = 0;
    std::mutex failure_mutex_;
    std::exception_ptr failure_;
};

// `to` may be -1.
FileChecks check_and_copy(int from, int to, const base::Cancellation& cancellation) {
    FileChecks checks{.length = length_of(from)};
    if (to >= 0) {
        set_length(to, checks.length);
    }
    std::mutex mutex;
    BlockWalk(from, checks.length, cancellation)
        .run(blocks_with_data(from, checks.length), [&](auto index, auto bytes) {
            if (all_zero(bytes)) {
                return;
            }
            const BlockCheck check{index, XXH3_64bits(bytes.data(), bytes.size())};
            if (to >= 0) {
                write_what_is_not_zero(to, bytes, index * kBlock);
            }
            const std::lock_guard lock(mutex);
            checks.blocks.push_back(check);
        });
    std::ranges::sort(checks.blocks);
    return checks;
}

// Also the blocks that had no data then and have some now.
std::vector<std::uint64_t> blocks_to_verify(int file, const FileChecks& checks) {
    std::vector<std::uint64_t> known(checks.blocks.size());
    std::ranges::transform(checks.blocks, known.begin(), &BlockCheck::index);
    std::vector<std::uint64_t> all;
    std::ranges::set_union(known, blocks_with_data(file, checks.length), std::back_inserter(all));
    return all;
}

void verify_and_copy(int from,
                     int to,
                     const FileChecks& checks,
                     const base::Cancellation& cancellation) {
    if (length_of(from) != checks.length) {
        throw_damaged(fmt::format(
            "a file has {} bytes instead of {}", length_of(from).bytes(), checks.length.bytes()));
    }
    if (to >= 0) {
        set_length(to, checks.length);
    }
    BlockWalk(from, checks.length, cancellation)
        .run(blocks_to_verify(from, checks), [&](auto index, auto bytes) {
            const auto known =
                std::ranges::lower_bound(checks.blocks, index, {}, &BlockCheck::index);
            const bool is_known = known != checks.blocks.end() && known->index == index;
            if (is_known ? XXH3_64bits(bytes.data(), bytes.size()) != known->hash
                         : !all_zero(bytes)) {
                throw_damaged(fmt::format("the bytes at {} are not those written", index * kBlock));
            }
            if (to >= 0 && is_known) {
                write_what_is_not_zero(to, bytes, index * kBlock);
            }
        });
}

std::uint64_t take_number(std::string_view& text, int base) {
    std::uint64_t number = 0;
    const auto* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number, base);
    if (error != std::errc() || rest == end) {
        throw_damaged("a file with checksums is damaged");
    }
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()) + 1);
    return number;
}

}  // namespace

FileChecks checks_of(int file, const base::Cancellation& cancellation) {
    return check_and_copy(file, -1, cancellation);
}

FileChecks copy_checked(int from, int to, const base::Cancellation& cancellation) {
    return check_and_copy(from, to, cancellation);
}

void verify(int file, const FileChecks& checks, const base::Cancellation& cancellation) {
    verify_and_copy(file, -1, checks, cancellation);
}

void copy_verified(int from,
                   int to,
                   const FileChecks& checks,
                   const base::Cancellation& cancellation) {
    verify_and_copy(from, to, checks, cancellation);
}

// The last line is the checksum of the lines before it.
std::string to_text(const FileChecks& checks) {
    auto text = fmt::format("{}\n{}\n", kChecksFormat, checks.length.bytes());
    for (const auto& block : checks.blocks) {
        fmt::format_to(std::back_inserter(text), "{} {:016x}\n", block.index, block.hash);
    }
    return fmt::format("{}{:016x}\n", text, XXH3_64bits(text.data(), text.size()));
}

FileChecks file_checks_from(std::string_view text) {
    constexpr std::size_t kLastLine = 17;
    const auto head = fmt::format("{}\n", kChecksFormat);
    if (text.size() < head.size() + kLastLine || !text.starts_with(head)) {
        throw_damaged("a file with checksums is damaged");
    }
    auto last = text.substr(text.size() - kLastLine);
    text.remove_suffix(kLastLine);
    if (take_number(last, 16) != XXH3_64bits(text.data(), text.size())) {
        throw_damaged("a file with checksums is damaged");
    }
    text.remove_prefix(head.size());
    FileChecks checks{.length = base::ByteCount(take_number(text, 10))};
    while (!text.empty()) {
        const auto index = take_number(text, 10);
        checks.blocks.push_back({index, take_number(text, 16)});
    }
    return checks;
}

}  // namespace ingot::disk
