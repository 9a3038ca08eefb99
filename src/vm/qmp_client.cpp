// SPDX-License-Identifier: Apache-2.0
#include "vm/qmp_client.h"

#include "base/byte_count.h"
#include "base/error.h"
#include "base/json.h"
#include "os/wait.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <sys/socket.h>

namespace ingot::vm {
namespace {

// The longest message we ever provoke (query-qmp-schema) has about 200 KiB.
constexpr auto kLongestMessage = base::ByteCount::mib(4);

// A guest can cause events without end, and an owner need not take them.
constexpr std::size_t kMostEvents = 1000;

[[noreturn]] void throw_closed() {
    throw base::Error(base::ErrorKind::Unavailable,
                      "QmpClosed",
                      "QEMU has closed its control connection",
                      "qemu");
}

[[noreturn]] void throw_protocol(const std::string& what) {
    throw base::Error(
        base::ErrorKind::Corrupt, "QmpProtocol", "QEMU's control connection: " + what, "qemu");
}

boost::json::object parse_message(std::string_view line) {
    auto parsed = base::parse_json(line, {.size = kLongestMessage});
    if (const auto* problem = std::get_if<base::JsonProblem>(&parsed)) {
        throw_protocol("not JSON: " + problem->message);
    }
    auto& value = std::get<boost::json::value>(parsed);
    if (!value.is_object()) {
        throw_protocol("a message is not an object");
    }
    return std::move(value.as_object());
}

QmpEvent event_from(boost::json::object message) {
    QmpEvent event{text_of(message, "event"), {}};
    if (auto* data = message.if_contains("data"); data != nullptr && data->is_object()) {
        event.data = std::move(data->as_object());
    }
    return event;
}

[[noreturn]] void throw_refused(std::string_view command, const boost::json::value& error) {
    throw base::Error(
        base::ErrorKind::Internal,
        "QmpCommandFailed",
        fmt::format("QEMU refuses {}: {}",
                    command,
                    error.is_object() ? text_of(error.as_object(), "desc") : "without a reason"),
        std::string(command));
}

constexpr int kNoFd = -1;

ssize_t send_some(int socket, std::string_view bytes, int fd) {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fd)> control{};
    if (fd != kNoFd) {
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        auto* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof fd);
        std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    return ::sendmsg(socket, &message, MSG_NOSIGNAL);
}

}  // namespace

std::string text_of(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

QmpClient::QmpClient(os::Fd socket, const base::Cancellation& cancellation)
    : socket_(std::move(socket)) {
    os::set_nonblocking(socket_.get());
    auto greeting = take_answer();
    while (!greeting) {
        [[maybe_unused]] const bool readable = os::wait_readable(fd(), cancellation);
        read_available();
        greeting = take_answer();
    }
    if (!greeting->contains("QMP")) {
        throw_protocol("no greeting");
    }
    execute("qmp_capabilities", cancellation);
}

boost::json::value QmpClient::ask(std::string_view command,
                                  const boost::json::object& arguments,
                                  int fd,
                                  const base::Cancellation& cancellation) {
    const auto id = std::to_string(++last_id_);
    Message request{{"execute", command}, {"id", id}};
    if (!arguments.empty()) {
        request["arguments"] = arguments;
    }
    send(request, fd, cancellation);
    auto answer = wait_for_answer(id, cancellation);
    if (const auto* error = answer.if_contains("error")) {
        throw_refused(command, *error);
    }
    auto* result = answer.if_contains("return");
    if (result == nullptr) {
        throw_protocol("an answer with neither return nor error");
    }
    return std::move(*result);
}

boost::json::value QmpClient::execute(std::string_view command,
                                      const boost::json::object& arguments,
                                      const base::Cancellation& cancellation) {
    return ask(command, arguments, kNoFd, cancellation);
}

boost::json::value QmpClient::execute(std::string_view command,
                                      const base::Cancellation& cancellation) {
    return ask(command, {}, kNoFd, cancellation);
}

boost::json::value QmpClient::execute_with_fd(std::string_view command,
                                              const boost::json::object& arguments,
                                              int fd,
                                              const base::Cancellation& cancellation) {
    return ask(command, arguments, fd, cancellation);
}

QmpEvent QmpClient::next_event(const base::Cancellation& cancellation) {
    while (true) {
        if (auto event = poll_event()) {
            return std::move(*event);
        }
        [[maybe_unused]] const bool readable = os::wait_readable(fd(), cancellation);
    }
}

std::optional<QmpEvent> QmpClient::poll_event() {
    // What arrived before the connection closed still counts.
    while (events_.empty()) {
        if (take_answer()) {
            continue;  // to a command whose caller was cancelled
        }
        if (events_.empty() && !read_available()) {
            return std::nullopt;
        }
    }
    auto event = std::move(events_.front());
    events_.pop_front();
    return event;
}

// False if there is nothing to read now.
bool QmpClient::read_available() {
    std::array<char, 16384> buffer{};
    const auto got = ::recv(fd(), buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (got <= 0) {
        throw_closed();
    }
    received_.append(buffer.data(), static_cast<std::size_t>(got));
    if (received_.size() > kLongestMessage.bytes() && received_.find('\n') == std::string::npos) {
        throw_protocol("a message without end");
    }
    return true;
}

std::optional<QmpClient::Message> QmpClient::take_message() {
    const auto end = received_.find('\n');
    if (end == std::string::npos) {
        return std::nullopt;
    }
    auto message = parse_message(std::string_view(received_).substr(0, end));
    received_.erase(0, end + 1);
    return message;
}

// The next message that is no event; events before it are put aside.
std::optional<QmpClient::Message> QmpClient::take_answer() {
    while (auto message = take_message()) {
        if (!message->contains("event")) {
            return message;
        }
        events_.push_back(event_from(std::move(*message)));
        if (events_.size() > kMostEvents) {
            events_.pop_front();
        }
    }
    return std::nullopt;
}

QmpClient::Message QmpClient::wait_for_answer(std::string_view id,
                                              const base::Cancellation& cancellation) {
    while (true) {
        if (auto answer = take_answer()) {
            // Another id: the late answer to a command whose caller was cancelled. No id: QEMU
            // could not even read the request.
            if (text_of(*answer, "id") == id || !answer->contains("id")) {
                return std::move(*answer);
            }
            continue;
        }
        [[maybe_unused]] const bool readable = os::wait_readable(fd(), cancellation);
        read_available();
    }
}

// A descriptor goes with the first byte.
void QmpClient::send(const Message& message, int fd, const base::Cancellation& cancellation) {
    const auto text = boost::json::serialize(message) + "\n";
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto sent = send_some(this->fd(), rest, fd);
        if (sent < 0 && errno == EAGAIN) {
            [[maybe_unused]] const bool writable = os::wait_writable(this->fd(), cancellation);
        } else if (sent < 0 && errno != EINTR) {
            throw_closed();
        } else if (sent > 0) {
            rest.remove_prefix(static_cast<std::size_t>(sent));
            fd = kNoFd;
        }
    }
}

}  // namespace ingot::vm
