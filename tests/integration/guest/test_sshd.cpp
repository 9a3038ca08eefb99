// SPDX-License-Identifier: Apache-2.0
#include "test_sshd.h"

#include "base/error.h"
#include "os/wait.h"

#include <cerrno>
#include <csignal>
#include <fstream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingot::guest {
namespace {

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

int free_port() {
    const os::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    auto address = loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket.get(), generic, size) != 0 ||
        ::getsockname(socket.get(), generic, &size) != 0) {
        throw base::SystemError(errno, "looking for a free port");
    }
    return ntohs(address.sin_port);
}

std::string configuration(const os::Path& folder, int port) {
    return fmt::format(
        "ListenAddress 127.0.0.1:{}\n"
        "HostKey {}/host_key\n"
        "AuthorizedKeysFile {}/authorized_keys\n"
        "PidFile none\n"
        "StrictModes no\n"
        "UsePAM no\n"
        "PermitRootLogin prohibit-password\n"
        "PrintMotd no\n"
        "PrintLastLog no\n"
        "SetEnv HOME={}\n",  // bash would read the developer's .bashrc
        port,
        folder.string(),
        folder.string(),
        folder.string());
}

std::vector<pid_t> children_of(pid_t pid) {
    std::ifstream list(fmt::format("/proc/{}/task/{}/children", pid, pid));
    std::vector<pid_t> children;
    for (pid_t child = 0; list >> child;) {
        children.push_back(child);
    }
    return children;
}

}  // namespace

os::Fd dial_loopback(int port, const base::Cancellation& cancellation) {
    os::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto address = loopback(port);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        return socket;
    }
    int failure = errno;
    if (failure == EINPROGRESS) {
        [[maybe_unused]] const bool ready = os::wait_writable(socket.get(), cancellation);
        socklen_t size = sizeof failure;
        ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failure, &size);
    }
    if (failure != 0) {
        throw base::SystemError(failure, "connecting to the guest");
    }
    return socket;
}

TestSshd::TestSshd(const std::string& extra) : port_(free_port()) {
    if (::geteuid() == 0) {
        ::mkdir("/run/sshd", 0755);  // sshd wants it when it runs as root; packages make it at boot
    }
    os::replace_file(folder() / "host_key", host_key_.private_key, 0600);
    os::replace_file(folder() / "config", configuration(folder(), port_) + extra);
    let_in(user_key_.public_key);
    server_ = os::Child::start(
        {.argv = {*os::find_program("sshd"), "-D", "-e", "-f", (folder() / "config").string()}});
}

TestSshd::~TestSshd() {
    send_signal(SIGKILL);
}

void TestSshd::let_in(const std::string& public_key) const {
    os::replace_file(folder() / "authorized_keys", public_key + "\n");
}

std::string TestSshd::user() {
    return ::getpwuid(::geteuid())->pw_name;  // NOLINT(concurrency-mt-unsafe)
}

GuestAccess TestSshd::access() const {
    return {.dial = dialer(),
            .identity = {.user = user(),
                         .private_key = user_key_.private_key,
                         .host_public_key = host_key_.public_key}};
}

Dialer TestSshd::dialer() const {
    return [port = port_](const base::Cancellation& cancellation) {
        return dial_loopback(port, cancellation);
    };
}

std::vector<pid_t> TestSshd::processes() const {
    std::vector<pid_t> all = {server_->pid()};
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto children = children_of(all[i]);
        all.insert(all.end(), children.begin(), children.end());
    }
    return all;
}

void TestSshd::send_signal(int signal) const {
    for (const auto pid : processes()) {
        ::kill(pid, signal);
    }
}

}  // namespace ingot::guest
