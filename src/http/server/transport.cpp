// SPDX-License-Identifier: Apache-2.0
#include "http/server/transport.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace ingot::http {
namespace {

int clamp_size(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

IoResult result_of_call(ssize_t returned, IoStatus when_busy) {
    if (returned >= 0) {
        return {IoStatus::Done, static_cast<std::size_t>(returned)};
    }
    return {errno == EAGAIN || errno == EINTR ? when_busy : IoStatus::Closed};
}

IoResult receive(int fd, std::span<char> buffer) {
    const auto result =
        result_of_call(::recv(fd, buffer.data(), buffer.size(), 0), IoStatus::WantRead);
    return result.status == IoStatus::Done && result.bytes == 0 ? IoResult{IoStatus::Closed}
                                                                : result;
}

}  // namespace

Transport::Transport(os::Fd socket, TlsSession session)
    : socket_(std::move(socket)), session_(std::move(session)) {}

IoResult Transport::result_of(int returned) const {
    if (returned > 0) {
        return {IoStatus::Done, static_cast<std::size_t>(returned)};
    }
    switch (SSL_get_error(session_.get(), returned)) {
        case SSL_ERROR_WANT_READ:
            return {IoStatus::WantRead};
        case SSL_ERROR_WANT_WRITE:
            return {IoStatus::WantWrite};
        default:
            // The queue belongs to the thread: what stays there would be the next connection's.
            ERR_clear_error();
            return {IoStatus::Closed};
    }
}

IoStatus Transport::handshake() {
    if (!session_) {
        return IoStatus::Done;
    }
    ERR_clear_error();
    return result_of(SSL_do_handshake(session_.get())).status;
}

IoResult Transport::read(std::span<char> buffer) {
    if (!session_) {
        return receive(fd(), buffer);
    }
    ERR_clear_error();
    return result_of(SSL_read(session_.get(), buffer.data(), clamp_size(buffer.size())));
}

IoResult Transport::write(std::string_view bytes) {
    if (!session_) {
        return result_of_call(::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                              IoStatus::WantWrite);
    }
    ERR_clear_error();
    return result_of(SSL_write(session_.get(), bytes.data(), clamp_size(bytes.size())));
}

bool Transport::holds_input() const {
    return session_ && SSL_has_pending(session_.get()) == 1;
}

void Transport::finish_writing() {
    if (session_) {
        ERR_clear_error();
        SSL_shutdown(session_.get());
        ERR_clear_error();
    }
    ::shutdown(fd(), SHUT_WR);
}

IoResult Transport::discard(std::span<char> buffer) {
    return receive(fd(), buffer);
}

void Transport::cut() const noexcept {
    ::shutdown(fd(), SHUT_RDWR);
}

void Transport::cut_reading() const noexcept {
    ::shutdown(fd(), SHUT_RD);
}

}  // namespace ingot::http
