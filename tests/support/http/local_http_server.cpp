// SPDX-License-Identifier: Apache-2.0
#include "support/http/local_http_server.h"

#include "base/error.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <string_view>

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ingot::test_support {
namespace {

// False when the server is to stop.
bool wait_for(int fd, int stop) {
    std::array<pollfd, 2> fds = {pollfd{fd, POLLIN, 0}, pollfd{stop, POLLIN, 0}};
    while (::poll(fds.data(), fds.size(), -1) < 0 && errno == EINTR) {
    }
    return fds[1].revents == 0;
}

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return;  // the client has gone
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    return result;
}

HttpRequest parse_request(std::string_view head) {
    const auto path = head.find(' ') + 1;
    HttpRequest request{.path = std::string(head.substr(path, head.find(' ', path) - path))};
    for (auto start = head.find("\r\n") + 2; start < head.size();) {
        const auto end = head.find("\r\n", start);
        const auto line = head.substr(start, end - start);
        if (const auto colon = line.find(": "); colon != std::string_view::npos) {
            request.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
        }
        start = end + 2;
    }
    return request;
}

// Where the answer starts: what "Range: bytes=N-" asks for, unless If-Range names another version.
std::size_t first_byte_of(const HttpRequest& request, const HttpReply& reply) {
    const auto range = request.headers.find("range");
    const auto if_range = request.headers.find("if-range");
    if (!reply.ranges || range == request.headers.end() ||
        (if_range != request.headers.end() && if_range->second != reply.etag)) {
        return 0;
    }
    return std::stoul(range->second.substr(std::string_view("bytes=").size()));
}

std::string head_of(const HttpReply& reply, std::size_t first_byte, std::size_t length) {
    auto head = fmt::format("HTTP/1.1 {} Test\r\nContent-Length: {}\r\nConnection: close\r\n",
                            first_byte > 0 ? 206 : reply.status,
                            length);
    if (first_byte > 0) {
        head += fmt::format("Content-Range: bytes {}-{}/{}\r\n",
                            first_byte,
                            reply.body.size() - 1,
                            reply.body.size());
    }
    if (reply.ranges) {
        head += "Accept-Ranges: bytes\r\n";
    }
    if (!reply.etag.empty()) {
        head += fmt::format("ETag: {}\r\n", reply.etag);
    }
    for (const auto& [name, value] : reply.headers) {
        head += fmt::format("{}: {}\r\n", name, value);
    }
    return head + "\r\n";
}

// Empty if the client hung up or the server is to stop.
std::string receive_head(int fd, int stop) {
    std::string head;
    std::array<char, 4096> buffer{};
    while (head.find("\r\n\r\n") == std::string::npos) {
        if (!wait_for(fd, stop)) {
            return {};
        }
        const auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            return {};
        }
        head.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return head;
}

}  // namespace

HttpReply redirect_to(const std::string& location) {
    return {.status = 302, .headers = {{"Location", location}}};
}

LocalHttpServer::LocalHttpServer()
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), stop_(os::make_pipe()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), generic, length) != 0 || ::listen(listener_.get(), 16) != 0 ||
        ::getsockname(listener_.get(), generic, &length) != 0) {
        throw base::SystemError(errno, "starting a web server for the test");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept_until_stopped(); });
}

LocalHttpServer::~LocalHttpServer() {
    stop_.write_end.reset();
    acceptor_.join();
}

std::string LocalHttpServer::url(const std::string& path) const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

void LocalHttpServer::serve(const std::string& path, std::vector<HttpReply> replies) {
    const std::lock_guard lock(mutex_);
    replies_[path] = {replies.begin(), replies.end()};
}

std::vector<HttpRequest> LocalHttpServer::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void LocalHttpServer::accept_until_stopped() {
    while (wait_for(listener_.get(), stop_.read_end.get())) {
        os::Fd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (connection) {
            connections_.emplace_back([this, fd = connection.release()] { answer(os::Fd(fd)); });
        }
    }
    connections_.clear();
}

HttpReply LocalHttpServer::reply_to(const HttpRequest& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    const auto found = replies_.find(request.path);
    if (found == replies_.end() || found->second.empty()) {
        return {.body = "not here", .status = 404};
    }
    auto reply = found->second.front();
    if (found->second.size() > 1) {
        found->second.pop_front();
    }
    return reply;
}

void LocalHttpServer::answer(os::Fd connection) {
    const auto head = receive_head(connection.get(), stop_.read_end.get());
    if (head.empty()) {
        return;
    }
    const auto request = parse_request(head);
    const auto reply = reply_to(request);
    const auto first_byte = first_byte_of(request, reply);
    if (first_byte > 0 && first_byte >= reply.body.size()) {
        send_all(connection.get(), head_of({.status = 416}, 0, 0));
        return;
    }
    const auto body = std::string_view(reply.body).substr(first_byte);
    send_all(connection.get(), head_of(reply, first_byte, body.size()));
    if (reply.stalls) {
        wait_for(connection.get(), stop_.read_end.get());  // until the client gives up
        return;
    }
    send_all(connection.get(), body.substr(0, reply.drop_after.value_or(body.size())));
}

}  // namespace ingot::test_support
