// SPDX-License-Identifier: Apache-2.0
#include "os/files.h"

#include "base/error.h"
#include "base/uuid.h"
#include "os/fd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <span>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace ingot::os {
namespace {

using base::SystemError;

struct stat status_of(const Path& path) {
    struct stat status {};

    if (::stat(path.c_str(), &status) != 0) {
        throw SystemError(errno, "looking at " + path.string());
    }
    return status;
}

// Inside the kernel where it can, by hand where it cannot. At least one byte.
off_t copy_some(
    int from, int to, off_t in, off_t out, std::uint64_t want, std::vector<char>& buffer) {
    off_t in_moved = in;
    off_t out_moved = out;
    ssize_t done = ::copy_file_range(from, &in_moved, to, &out_moved, want, 0);
    if (done <= 0 && (done == 0 || errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
                      errno == EOPNOTSUPP)) {
        buffer.resize(std::size_t{1} << 20U);
        done = ::pread(from, buffer.data(), std::min<std::size_t>(want, buffer.size()), in);
        if (done > 0) {
            done = ::pwrite(to, buffer.data(), static_cast<std::size_t>(done), out);
        }
    }
    if (done <= 0) {
        throw SystemError(done == 0 ? EIO : errno, "copying data");
    }
    return done;
}

}  // namespace

ScratchFolder::ScratchFolder(Path path) : path_(std::move(path)) {
    make_folders(path_.parent_path());
    if (::mkdir(path_.c_str(), 0700) != 0) {
        throw SystemError(errno, "making the folder " + path_.string());
    }
}

ScratchFolder::~ScratchFolder() {
    if (!kept_) {
        remove_tree(path_);
    }
}

ScratchFolder::ScratchFolder(ScratchFolder&& other) noexcept
    : path_(std::move(other.path_)), kept_(other.kept_) {
    other.kept_ = true;
}

ScratchFolder ScratchFolder::temporary() {
    return ScratchFolder(std::filesystem::temp_directory_path() / ("ingot-" + base::new_uuid()));
}

bool remove_tree(const Path& path) noexcept {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    return !error;
}

void make_folders(const Path& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) {
        throw SystemError(error.value(), "making the folder " + path.string());
    }
}

std::string read_file(const Path& path, base::ByteCount limit) {
    const auto fd = open_file(path, O_RDONLY);
    std::string text;
    std::array<char, 65536> buffer{};
    while (true) {
        const auto got = ::read(fd.get(), buffer.data(), buffer.size());
        if (got < 0) {
            throw SystemError(errno, "reading " + path.string());
        }
        if (got == 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.size() > limit.bytes()) {
            throw base::Error(
                base::ErrorKind::InvalidArgument,
                "FileTooLarge",
                fmt::format("{} is larger than {}", path.string(), base::to_string(limit)),
                path.string());
        }
    }
}

void replace_file(const Path& path, std::string_view contents, unsigned mode) {
    const Path beside = path.string() + ".new-" + base::new_uuid();
    try {
        const auto fd = open_file(beside, O_WRONLY | O_CREAT | O_EXCL, mode);
        write_all(fd.get(), contents);
        if (::fsync(fd.get()) != 0) {
            throw SystemError(errno, "writing " + path.string());
        }
        if (::rename(beside.c_str(), path.c_str()) != 0) {
            throw SystemError(errno, "replacing " + path.string());
        }
    } catch (...) {
        ::unlink(beside.c_str());
        throw;
    }
    sync_folder(path.parent_path());
}

// Sharing blocks is tried first: it is instant, and refused at once where it cannot be.
void copy_range(const FilePlace& from,
                const FilePlace& to,
                base::ByteCount length,
                const base::Cancellation& cancellation) {
    struct file_clone_range clone {
        .src_fd = from.fd, .src_offset = from.offset, .src_length = length.bytes(),
        .dest_offset = to.offset
    };

    if (::ioctl(to.fd, FICLONERANGE, &clone) == 0) {
        return;
    }
    constexpr std::uint64_t kPiece = std::uint64_t{64} << 20U;  // how long a cancel goes unnoticed
    std::vector<char> buffer;
    auto in = static_cast<off_t>(from.offset);
    auto out = static_cast<off_t>(to.offset);
    for (auto left = length.bytes(); left > 0;) {
        cancellation.throw_if_cancelled();
        const auto done = copy_some(from.fd, to.fd, in, out, std::min(left, kPiece), buffer);
        in += done;
        out += done;
        left -= static_cast<std::uint64_t>(done);
    }
}

void copy_sparse(const Path& from, const Path& to, const base::Cancellation& cancellation) {
    const auto in = open_file(from, O_RDONLY);
    const auto out = open_file(to, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (::ioctl(out.get(), FICLONE, in.get()) == 0) {
        return;
    }
    const auto size = static_cast<off_t>(file_length(from).bytes());
    if (::ftruncate(out.get(), size) != 0) {
        throw SystemError(errno, "sizing " + to.string());
    }
    for (off_t data = 0; data < size;) {
        data = ::lseek(in.get(), data, SEEK_DATA);
        if (data < 0) {
            break;  // ENXIO: only a hole is left
        }
        const auto hole = ::lseek(in.get(), data, SEEK_HOLE);
        base::with_context("writing " + to.string(), [&] {
            const auto place = static_cast<std::uint64_t>(data);
            copy_range({in.get(), place},
                       {out.get(), place},
                       base::ByteCount(static_cast<std::uint64_t>(hole - data)),
                       cancellation);
        });
        data = hole;
    }
}

void sync_file(const Path& path) {
    const auto fd = open_file(path, O_RDONLY);
    if (::fsync(fd.get()) != 0) {
        throw SystemError(errno, "syncing " + path.string());
    }
}

void sync_folder(const Path& path) {
    sync_file(path.empty() ? Path(".") : path);
}

std::string hash_file(const Path& path,
                      base::HashAlgorithm algorithm,
                      const base::Cancellation& cancellation) {
    const auto fd = open_file(path, O_RDONLY);
    base::Hasher hasher(algorithm);
    std::vector<std::byte> buffer(std::size_t{1} << 20U);
    while (true) {
        cancellation.throw_if_cancelled();
        const auto got = ::read(fd.get(), buffer.data(), buffer.size());
        if (got < 0) {
            throw SystemError(errno, "reading " + path.string());
        }
        if (got == 0) {
            return hasher.finish_hex();
        }
        hasher.update(std::span(buffer).first(static_cast<std::size_t>(got)));
    }
}

base::ByteCount file_length(const Path& path) {
    return base::ByteCount(static_cast<std::uint64_t>(status_of(path).st_size));
}

base::ByteCount allocated_size(const Path& path) {
    return base::ByteCount(static_cast<std::uint64_t>(status_of(path).st_blocks) * 512);
}

base::ByteCount free_space(const Path& path) {
    struct statvfs status {};

    if (::statvfs(path.c_str(), &status) != 0) {
        throw SystemError(errno, "looking at the file system of " + path.string());
    }
    return base::ByteCount(status.f_bavail * status.f_frsize);
}

}  // namespace ingot::os
