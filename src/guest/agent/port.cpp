// SPDX-License-Identifier: Apache-2.0
#include "guest/agent/port.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace ingot::guest::agent {
namespace {

constexpr std::string_view kInherited = "fd:";

// Not blocking: a virtio port whose host has gone blocks a writer until there is another host.
Descriptor open_port(std::string_view name) {
    if (!name.starts_with(kInherited)) {
        return Descriptor(
            ::open(std::string(name).c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    }
    int number = -1;
    name.remove_prefix(kInherited.size());
    std::from_chars(name.data(), name.data() + name.size(), number);
    const int flags = ::fcntl(number, F_GETFL);
    if (flags < 0 || ::fcntl(number, F_SETFL, flags | O_NONBLOCK) != 0 ||
        ::fcntl(number, F_SETFD, FD_CLOEXEC) != 0) {
        return {};
    }
    return Descriptor(number);
}

}  // namespace

Port::Port(std::string_view name)
    : inherited_(name.starts_with(kInherited)), fd_(open_port(name)) {}

// False when the host has hung up. POLLHUP may come together with the last bytes.
bool Port::wait_for(short events) const {
    pollfd port = {fd_.get(), events, 0};
    while (::poll(&port, 1, -1) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    return (port.revents & events) != 0;
}

bool Port::read_more() {
    if (!wait_for(POLLIN)) {
        return false;
    }
    std::array<char, kPiece> buffer{};
    const auto got = ::read(fd_.get(), buffer.data(), buffer.size());
    if (got > 0) {
        frames_.add({buffer.data(), static_cast<std::size_t>(got)});
    }
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

std::optional<ReceivedFrame> Port::receive() {
    while (true) {
        if (auto frame = frames_.next()) {
            return frame;
        }
        if (frames_.broken()) {
            frames_.forget();
            send(Frame::Failed, "this is no frame: it claims to be too large");
        }
        if (!read_more()) {
            frames_.forget();
            return std::nullopt;
        }
    }
}

bool Port::send(Frame type, std::string_view payload) {
    const auto bytes = encode(type, payload);
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const auto written = ::write(fd_.get(), rest.data(), rest.size());
        if (written > 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
        } else if (written < 0 && errno == EAGAIN) {
            if (!wait_for(POLLOUT)) {
                return false;
            }
        } else if (written == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

}  // namespace ingot::guest::agent
