// SPDX-License-Identifier: Apache-2.0
#include "os/fd.h"

#include "base/error.h"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ingot::os {

using base::SystemError;

void Fd::reset() {
    if (fd_ >= 0) {
        ::close(std::exchange(fd_, -1));
    }
}

Fd Fd::duplicate() const {
    const int copy = ::fcntl(fd_, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) {
        throw SystemError(errno, "duplicating a file descriptor");
    }
    return Fd(copy);
}

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw SystemError(errno, "making a pipe");
    }
    return {Fd(ends[0]), Fd(ends[1])};
}

SocketPair make_socket_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        throw SystemError(errno, "making a socket pair");
    }
    return {Fd(ends[0]), Fd(ends[1])};
}

Fd open_file(const std::string& path, int flags, unsigned mode) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
    if (fd < 0) {
        throw SystemError(errno, "opening " + path);
    }
    return Fd(fd);
}

Fd memory_file(std::string_view name, std::string_view contents) {
    Fd fd(::memfd_create(std::string(name).c_str(), MFD_CLOEXEC));
    if (!fd) {
        throw SystemError(errno, "making a file in memory");
    }
    write_all(fd.get(), contents);
    ::lseek(fd.get(), 0, SEEK_SET);
    return fd;
}

void set_nonblocking(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        throw SystemError(errno, "making a file descriptor non-blocking");
    }
}

void set_close_on_exec(int fd) {
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        throw SystemError(errno, "keeping a file descriptor from children");
    }
}

void write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            throw SystemError(errno, "writing");
        }
        bytes.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
}

}  // namespace ingot::os
