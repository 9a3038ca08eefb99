// SPDX-License-Identifier: Apache-2.0
#include "host_and_outside.h"

#include "base/error.h"
#include "forked_test.h"
#include "os/child_process.h"
#include "os/wait.h"

#include <array>
#include <cerrno>
#include <memory>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ingot::vm::test {
namespace {

void ip(const std::string& commands, int network) {
    const auto batch = os::memory_file("batch", commands);
    os::ProcessSpec process{.argv = {"ip", "-batch", "/proc/self/fd/3"}};
    process.fds = {{batch.get(), 3}};
    process.before_exec = [network] { return ::setns(network, CLONE_NEWNET) == 0 ? 0 : errno; };
    (void)os::run_checked(process, base::Cancellation());
}

os::Fd bound_socket(int type, std::uint16_t port) {
    os::Fd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw base::SystemError(errno, "binding a test server");
    }
    return fd;
}

// The query with its own question and one answer, an A record, unless something else is asked.
std::string answer_to(std::string query) {
    constexpr std::size_t kTypeBeforeEnd = 4;
    const bool asks_address = query.size() > 16 && query.substr(query.size() - kTypeBeforeEnd, 2) ==
                                                       std::string("\0\1", 2);
    query[2] = '\x81';  // a response
    query[3] = '\x80';
    query[7] = asks_address ? '\1' : '\0';
    if (asks_address) {
        query += std::string("\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4", 12);
        in_addr address{};
        ::inet_pton(AF_INET, HostAndOutside::kOutsideAddress, &address);
        query.append(reinterpret_cast<const char*>(&address), sizeof address);
    }
    return query;
}

}  // namespace

HostAndOutside::HostAndOutside() {
    lay_the_cable();
    replace_for_this_process("/etc/resolv.conf", fmt::format("nameserver {}\n", kOutsideAddress));
    for (const int network : {outside_.get(), host_.get()}) {
        ::setns(network, CLONE_NEWNET);
        auto listener = bound_socket(SOCK_STREAM, kPort);
        ::listen(listener.get(), 16);
        servers_.emplace_back([this, socket = std::make_shared<os::Fd>(std::move(listener))] {
            serve_tcp(std::move(*socket));
        });
        if (network == outside_.get()) {
            servers_.emplace_back(
                [this, socket = std::make_shared<os::Fd>(bound_socket(SOCK_DGRAM, 53))] {
                    serve_names(std::move(*socket));
                });
        }
    }
}

HostAndOutside::~HostAndOutside() {
    end_.cancel(base::CancelCause::Shutdown);
}

void HostAndOutside::lay_the_cable() {
    host_ = os::open_file("/proc/self/ns/net", O_RDONLY);
    if (::unshare(CLONE_NEWNET) != 0) {
        throw base::SystemError(errno, "unshare");
    }
    outside_ = os::open_file("/proc/self/ns/net", O_RDONLY);
    ip(fmt::format("link set lo up\n"
                   "link add cable type veth peer name cable netns /proc/{}/fd/{}\n"
                   "addr add {}/24 dev cable\naddr add {}/32 dev cable\nlink set cable up\n",
                   ::getpid(),
                   host_.get(),
                   kOutsideAddress,
                   kMetadataAddress),
       outside_.get());
    ip(fmt::format("link set lo up\naddr add {}/24 dev cable\nlink set cable up\n"
                   "route add default via {}\n",
                   kHostAddress,
                   kOutsideAddress),
       host_.get());
}

void HostAndOutside::serve_tcp(os::Fd listener) try {
    while (true) {
        (void)os::wait_readable(listener.get(), end_);
        const os::Fd connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
        ::send(connection.get(), "served\n", 7, MSG_NOSIGNAL);
    }

} catch (const base::Cancelled&) {
}

void HostAndOutside::serve_names(os::Fd socket) try {
    while (true) {
        (void)os::wait_readable(socket.get(), end_);
        std::array<char, 512> buffer{};
        sockaddr_in asker{};
        socklen_t size = sizeof asker;
        auto* address = reinterpret_cast<sockaddr*>(&asker);
        const auto got = ::recvfrom(socket.get(), buffer.data(), buffer.size(), 0, address, &size);
        if (got > 12) {
            const auto answer = answer_to({buffer.data(), static_cast<std::size_t>(got)});
            ::sendto(socket.get(), answer.data(), answer.size(), 0, address, size);
        }
    }

} catch (const base::Cancelled&) {
}

}  // namespace ingot::vm::test
