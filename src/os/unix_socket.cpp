// SPDX-License-Identifier: Apache-2.0
#include "os/unix_socket.h"

#include "base/cancellation.h"
#include "base/error.h"
#include "os/wait.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace ingot::os {
namespace {

using base::SystemError;

// A peer that takes nothing for this long is gone.
constexpr auto kSlowestPeer = std::chrono::seconds(30);

Fd new_socket() {
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) {
        throw SystemError(errno, "making a Unix socket");
    }
    return fd;
}

// `folder` must stay open as long as the address is used.
sockaddr_un address_in(const Fd& folder, const std::filesystem::path& path) {
    const auto name =
        "/proc/self/fd/" + std::to_string(folder.get()) + "/" + path.filename().string();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() >= sizeof address.sun_path) {
        throw SystemError(ENAMETOOLONG, "naming the socket " + path.string());
    }
    std::copy(name.begin(), name.end(), std::begin(address.sun_path));
    return address;
}

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

bool send_all(int to, const char* bytes, std::size_t size) {
    const base::Cancellation own;
    while (size > 0) {
        const auto sent = ::send(to, bytes, size, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes += sent;
            size -= static_cast<std::size_t>(sent);
        } else if ((errno != EAGAIN && errno != EINTR) || !wait_writable(to, own, kSlowestPeer)) {
            return false;
        }
    }
    return true;
}

}  // namespace

Fd listen_unix(const std::filesystem::path& path, const UnixListenOptions& options) {
    const auto folder = open_file(path.parent_path(), O_RDONLY | O_DIRECTORY);
    const auto address = address_in(folder, path);
    Fd fd = new_socket();
    if (::bind(fd.get(), generic(address), sizeof address) != 0 ||
        ::chmod(path.c_str(), options.mode) != 0 || ::listen(fd.get(), options.backlog) != 0) {
        throw SystemError(errno, "listening at " + path.string());
    }
    return fd;
}

Fd accept_unix(int listener) {
    return Fd(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

Fd connect_unix(const std::filesystem::path& path) {
    const auto folder = open_file(path.parent_path(), O_RDONLY | O_DIRECTORY);
    const auto address = address_in(folder, path);
    Fd fd = new_socket();
    if (::connect(fd.get(), generic(address), sizeof address) != 0) {
        throw SystemError(errno, "connecting to " + path.string());
    }
    return fd;
}

bool relay(int from, int to) {
    std::array<char, 32768> buffer{};
    const auto got = ::recv(from, buffer.data(), buffer.size(), 0);
    if (got < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    return got > 0 && send_all(to, buffer.data(), static_cast<std::size_t>(got));
}

}  // namespace ingot::os
