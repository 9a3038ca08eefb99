// SPDX-License-Identifier: Apache-2.0
#include "http/server/listening_socket.h"

#include "base/error.h"
#include "os/unix_socket.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::http {
namespace {

using base::ErrorKind;
using base::SystemError;

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    [[nodiscard]] const sockaddr* generic() const {
        return reinterpret_cast<const sockaddr*>(&storage);
    }

    [[nodiscard]] sockaddr* generic() { return reinterpret_cast<sockaddr*>(&storage); }
};

template <typename Specific>
Specific specific(const Address& address) {
    Specific result{};
    std::memcpy(&result, &address.storage, sizeof result);
    return result;
}

template <typename Specific>
Address generic_of(const Specific& specific_address) {
    Address address;
    std::memcpy(&address.storage, &specific_address, sizeof specific_address);
    address.size = sizeof specific_address;
    return address;
}

Address parse_address(const TcpListener& options) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(options.port);
    if (::inet_pton(AF_INET, options.address.c_str(), &v4.sin_addr) == 1) {
        return generic_of(v4);
    }
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(options.port);
    if (::inet_pton(AF_INET6, options.address.c_str(), &v6.sin6_addr) == 1) {
        return generic_of(v6);
    }
    throw base::Error(ErrorKind::InvalidArgument,
                      "InvalidListener",
                      "a listener's address has to be numeric, such as 127.0.0.1 or ::",
                      options.address);
}

bool is_loopback(const Address& address) {
    if (address.storage.ss_family == AF_INET) {
        return ntohl(specific<sockaddr_in>(address).sin_addr.s_addr) >> 24U == IN_LOOPBACKNET;
    }
    const auto v6 = specific<sockaddr_in6>(address);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) != 0;
}

void set_option(int fd, int level, int option, int value) {
    // None of them decides over right and wrong, and some kernels know fewer.
    ::setsockopt(fd, level, option, &value, sizeof value);
}

os::Fd listen_tcp(const Address& address, const std::string& shown) {
    os::Fd socket(
        ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) {
        throw SystemError(errno, "making a TCP socket");
    }
    set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (address.storage.ss_family == AF_INET6) {
        set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
    }
    if (::bind(socket.get(), address.generic(), address.size) != 0 ||
        ::listen(socket.get(), SOMAXCONN) != 0) {
        throw SystemError(errno, "listening at " + shown);
    }
    return socket;
}

bool somebody_answers_at(const std::filesystem::path& path) {
    try {
        const auto connection = os::connect_unix(path);
        return true;
    } catch (const SystemError& error) {
        if (error.error_number() == EAGAIN) {
            return true;  // alive, with a full queue
        }
        if (error.error_number() == ECONNREFUSED || error.error_number() == ENOENT) {
            return false;
        }
        throw;
    }
}

// The file of a process that has died; everything else stays where it is.
void remove_stale_socket(const std::filesystem::path& path) {
    struct stat status {};

    if (::lstat(path.c_str(), &status) != 0) {
        return;
    }
    if (!S_ISSOCK(status.st_mode)) {
        throw base::Error(ErrorKind::AlreadyExists,
                          "SocketInUse",
                          fmt::format("{} exists and is no socket", path.string()),
                          path.string());
    }
    if (somebody_answers_at(path)) {
        throw base::Error(
            ErrorKind::AlreadyExists,
            "SocketInUse",
            fmt::format("another process is listening at {}; stop it first", path.string()),
            path.string());
    }
    ::unlink(path.c_str());
}

std::string address_text(const Address& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.storage.ss_family == AF_INET) {
        const auto v4 = specific<sockaddr_in>(address);
        return ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    }
    const auto v6 = specific<sockaddr_in6>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        return ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    }
    return ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
}

std::optional<uid_t> peer_uid(int fd) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
        return std::nullopt;
    }
    return credentials.uid;
}

void tune_tcp(int fd) {
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    // A peer that vanished without a word is found out within two minutes, in quiet streams too.
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

bool is_transient(int error_number) {
    // Of accept(2): what went wrong with the one connection and not with the listener.
    return error_number == EINTR || error_number == ECONNABORTED || error_number == EPROTO ||
           error_number == ENETDOWN || error_number == EHOSTUNREACH ||
           error_number == ENETUNREACH || error_number == EPERM;
}

}  // namespace

ListeningSocket::ListeningSocket(const TcpListener& options)
    : name_(options.name), tls_(options.tls) {
    const auto address = parse_address(options);
    if (!options.tls && !is_loopback(address)) {
        throw base::Error(ErrorKind::InvalidArgument,
                          "InvalidListener",
                          "without TLS a listener has to stay on a loopback address",
                          options.address);
    }
    socket_ = listen_tcp(address, fmt::format("{} port {}", options.address, options.port));
}

ListeningSocket::ListeningSocket(const UnixListener& options)
    : name_(options.name), path_(options.path) {
    remove_stale_socket(path_);
    socket_ = os::listen_unix(path_, {.mode = options.mode, .backlog = SOMAXCONN});

    struct stat status {};

    if (::stat(path_.c_str(), &status) == 0) {
        device_ = status.st_dev;
        inode_ = status.st_ino;
    }
}

ListeningSocket::~ListeningSocket() {
    struct stat status {};

    if (!path_.empty() && ::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ &&
        status.st_ino == inode_) {
        ::unlink(path_.c_str());
    }
}

std::uint16_t ListeningSocket::port() const {
    Address address;
    address.size = sizeof address.storage;
    if (!path_.empty() || ::getsockname(fd(), address.generic(), &address.size) != 0) {
        return 0;
    }
    return ntohs(address.storage.ss_family == AF_INET ? specific<sockaddr_in>(address).sin_port
                                                      : specific<sockaddr_in6>(address).sin6_port);
}

std::optional<Accepted> ListeningSocket::accept() const {
    while (true) {
        Address address;
        address.size = sizeof address.storage;
        os::Fd socket(
            ::accept4(fd(), address.generic(), &address.size, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket) {
            if (errno == EAGAIN) {
                return std::nullopt;
            }
            if (is_transient(errno)) {
                continue;
            }
            throw SystemError(errno, "accepting a connection");
        }
        Peer peer{.listener = name_, .unix_socket = !path_.empty()};
        if (peer.unix_socket) {
            peer.uid = peer_uid(socket.get());
        } else {
            tune_tcp(socket.get());
            peer.address = address_text(address);
        }
        return Accepted{.socket = std::move(socket), .peer = std::move(peer)};
    }
}

}  // namespace ingot::http
