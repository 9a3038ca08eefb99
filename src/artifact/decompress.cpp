// SPDX-License-Identifier: Apache-2.0
#include "artifact/decompress.h"

#include "base/error.h"
#include "os/child_process.h"
#include "os/fd.h"
#include "os/wait.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace ingot::artifact {
namespace {

using base::Error;
using base::ErrorKind;

// Reads descriptor 3, since gzip judges files by the ending of their names. The limits keep a file
// that asks for a huge window from taking the host's memory.
std::string command_for(Compression compression) {
    switch (compression) {
        case Compression::Gzip:
            return "exec gzip -dc <&3";
        case Compression::Xz:
            return "exec xz -dc --memlimit-decompress=1GiB <&3";
        case Compression::Zstd:
            return "exec zstd -dcq --memory=1024MB <&3";
        case Compression::None:
            break;
    }
    return "exec cat <&3";
}

// A file written block by block, in which blocks of zeros become holes.
class SparseWriter {
  public:
    SparseWriter(const os::Path& path, base::ByteCount limit)
        : path_(path), limit_(limit), fd_(os::open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0644)) {}

    void write(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto piece = bytes.substr(0, kBlock - block_.size());
            block_ += piece;
            bytes.remove_prefix(piece.size());
            if (block_.size() == kBlock) {
                flush();
            }
        }
    }

    void finish() {
        flush();
        if (::ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0) {
            throw base::SystemError(errno, "sizing " + path_.string());
        }
    }

  private:
    static constexpr std::size_t kBlock = std::size_t{64} << 10U;

    void flush() {
        size_ += block_.size();
        if (size_ > limit_.bytes()) {
            throw Error(ErrorKind::InvalidArgument,
                        "ArtifactTooLarge",
                        fmt::format("{} grows beyond {} when unpacked",
                                    path_.filename().string(),
                                    base::to_string(limit_)),
                        path_.string());
        }
        if (block_.find_first_not_of('\0') == std::string::npos) {
            if (::lseek(fd_.get(), static_cast<off_t>(size_), SEEK_SET) < 0) {
                throw base::SystemError(errno, "writing " + path_.string());
            }
        } else {
            os::write_all(fd_.get(), block_);
        }
        block_.clear();
    }

    os::Path path_;
    base::ByteCount limit_;
    os::Fd fd_;
    std::string block_;
    std::uint64_t size_ = 0;
};

// Hands on what comes until the writing end is closed.
template <typename Take>
void drain(int fd, const base::Cancellation& cancellation, const Take& take) {
    std::vector<char> buffer(std::size_t{256} << 10U);
    while (true) {
        [[maybe_unused]] const bool event = os::wait_readable(fd, cancellation);
        const auto got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (got < 0) {
            throw base::SystemError(errno, "reading what a tool unpacks");
        }
        if (got == 0) {
            return;
        }
        take(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    }
}

void unpack(const os::Path& from,
            Compression compression,
            SparseWriter& writer,
            const base::Cancellation& cancellation) {
    const auto source = os::open_file(from, O_RDONLY);
    os::ProcessSpec spec{.argv = {"sh", "-c", command_for(compression)}};
    spec.standard_output = os::Stream::Pipe;
    spec.standard_error = os::Stream::Pipe;
    spec.fds = {{source.get(), 3}};
    auto child = os::Child::start(spec);  // ended by its destructor whatever happens below
    // Fewer wake-ups; may be refused, which costs nothing.
    ::fcntl(child.standard_output().get(), F_SETPIPE_SZ, 1 << 20);
    drain(child.standard_output().get(), cancellation, [&](std::string_view bytes) {
        writer.write(bytes);
    });
    std::string complaint;  // a line or two: it fits the pipe, so the tool never waits for us
    drain(child.standard_error().get(), cancellation, [&](std::string_view bytes) {
        complaint += bytes;
    });
    const auto status = child.wait(cancellation);
    if (!status.success()) {
        throw Error(
            ErrorKind::Corrupt,
            "ArtifactUnreadable",
            fmt::format(
                "{} cannot be unpacked ({}): {}", from.string(), os::to_string(status), complaint),
            from.string());
    }
}

}  // namespace

Compression compression_of(std::string_view name) {
    name = name.substr(0, name.find_first_of("?#"));
    if (name.ends_with(".gz")) {
        return Compression::Gzip;
    }
    if (name.ends_with(".xz")) {
        return Compression::Xz;
    }
    if (name.ends_with(".zst")) {
        return Compression::Zstd;
    }
    return Compression::None;
}

void decompress(const os::Path& from,
                Compression compression,
                const os::Path& to,
                base::ByteCount limit,
                const base::Cancellation& cancellation) {
    SparseWriter writer(to, limit);
    try {
        unpack(from, compression, writer, cancellation);
        writer.finish();
    } catch (...) {
        ::unlink(to.c_str());
        throw;
    }
}

}  // namespace ingot::artifact
