// SPDX-License-Identifier: Apache-2.0
#include "disk/file_tree.h"

#include "base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <unistd.h>

namespace ingot::disk {
namespace {

void read_exactly(int raw, std::span<std::byte> into, std::uint64_t offset) {
    while (!into.empty()) {
        const auto got = ::pread(raw, into.data(), into.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            throw base::SystemError(got == 0 ? EIO : errno, "reading a file inside a disk");
        }
        into = into.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
}

struct Range {
    std::uint64_t start;
    std::uint64_t end;
};

// Where either file may be other than zero, rising, apart, and not beyond `size`.
std::vector<Range> covered(const FileNode& a, const FileNode& b, std::uint64_t size) {
    std::vector<Range> ranges;
    for (const auto* file : {&a, &b}) {
        for (const auto& piece : file->pieces) {
            ranges.push_back({piece.offset, piece.offset + piece.length});
        }
        ranges.push_back({0, file->inline_contents.size()});
    }
    std::sort(ranges.begin(), ranges.end(), [](const Range& left, const Range& right) {
        return left.start < right.start;
    });
    std::vector<Range> merged;
    for (const auto& range : ranges) {
        const auto end = std::min(range.end, size);
        if (!merged.empty() && range.start <= merged.back().end) {
            merged.back().end = std::max(merged.back().end, end);
        } else if (range.start < end) {
            merged.push_back({range.start, end});
        }
    }
    return merged;
}

}  // namespace

bool is_before(std::string_view a, std::string_view b) {
    const auto rank = [](char c) { return c == '/' ? 0U : static_cast<unsigned char>(c); };
    return std::lexicographical_compare(
        a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return rank(x) < rank(y); });
}

const FileNode* FileTree::find(std::string_view path) const {
    const auto found = std::lower_bound(
        names.begin(), names.end(), path, [](const FileName& name, std::string_view sought) {
            return is_before(name.path, sought);
        });
    return found != names.end() && found->path == path ? &nodes[found->node] : nullptr;
}

void read_contents(int raw, const FileNode& file, std::uint64_t offset, std::span<std::byte> into) {
    std::memset(into.data(), 0, into.size());
    if (offset < file.inline_contents.size()) {
        const auto length = std::min(into.size(), file.inline_contents.size() - offset);
        std::memcpy(into.data(), file.inline_contents.data() + offset, length);
    }
    const auto end = std::min(offset + into.size(), file.size.bytes());
    auto piece = std::upper_bound(
        file.pieces.begin(), file.pieces.end(), offset, [](std::uint64_t at, const FilePiece& p) {
            return at < p.offset + p.length;
        });
    for (; piece != file.pieces.end() && piece->offset < end; ++piece) {
        const auto from = std::max(offset, piece->offset);
        const auto to = std::min(end, piece->offset + piece->length);
        read_exactly(
            raw, into.subspan(from - offset, to - from), piece->on_disk + (from - piece->offset));
    }
}

std::string read_whole(int raw, const FileNode& file, base::ByteCount limit) {
    if (file.size > limit) {
        throw base::Error(base::ErrorKind::Unsupported,
                          "FileTooLarge",
                          fmt::format("it has {}, and at most {} are read",
                                      base::to_string(file.size),
                                      base::to_string(limit)));
    }
    std::string contents(file.size.bytes(), '\0');
    read_contents(raw, file, 0, std::as_writable_bytes(std::span(contents)));
    return contents;
}

bool same_contents(const FileOnDisk& a,
                   const FileOnDisk& b,
                   const base::Cancellation& cancellation) {
    constexpr std::uint64_t kRead = base::ByteCount::kib(512).bytes();
    if (a.file.size != b.file.size) {
        return false;
    }
    std::vector<std::byte> from_a(kRead);
    std::vector<std::byte> from_b(kRead);
    for (const auto& range : covered(a.file, b.file, a.file.size.bytes())) {
        for (auto at = range.start; at < range.end; at += kRead) {
            cancellation.throw_if_cancelled();
            const auto length = std::min(kRead, range.end - at);
            read_contents(a.raw, a.file, at, std::span(from_a).first(length));
            read_contents(b.raw, b.file, at, std::span(from_b).first(length));
            if (std::memcmp(from_a.data(), from_b.data(), length) != 0) {
                return false;
            }
        }
    }
    return true;
}

}  // namespace ingot::disk
