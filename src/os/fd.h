// SPDX-License-Identifier: Apache-2.0
// Owning file descriptors. Everything Ingot opens is close-on-exec; a child gets a descriptor only
// by being handed it (ProcessSpec::fds).
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace ingot::os {

class Fd {
  public:
    Fd() = default;

    explicit Fd(int fd) : fd_(fd) {}

    ~Fd() { reset(); }

    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

    Fd& operator=(Fd&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }

    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;

    [[nodiscard]] int get() const { return fd_; }

    [[nodiscard]] explicit operator bool() const { return fd_ >= 0; }

    [[nodiscard]] int release() { return std::exchange(fd_, -1); }

    void reset();

    [[nodiscard]] Fd duplicate() const;

  private:
    int fd_ = -1;
};

struct Pipe {
    Fd read_end;
    Fd write_end;
};

[[nodiscard]] Pipe make_pipe();

struct SocketPair {
    Fd ours;
    Fd theirs;
};

[[nodiscard]] SocketPair make_socket_pair();

// Flags as for open(2); O_CLOEXEC is added. Throws SystemError naming the path.
[[nodiscard]] Fd open_file(const std::string& path, int flags, unsigned mode = 0600);

// A file in memory with these contents, positioned at its start: for small secrets handed to a
// child that should appear in no directory and no argument list.
[[nodiscard]] Fd memory_file(std::string_view name, std::string_view contents);

void set_nonblocking(int fd);
// For a descriptor that was inherited. Throws SystemError if it is not open.
void set_close_on_exec(int fd);

// Writes everything; the descriptor must be blocking. Throws SystemError.
void write_all(int fd, std::string_view bytes);

}  // namespace ingot::os
