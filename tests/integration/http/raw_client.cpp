// SPDX-License-Identifier: Apache-2.0
#include "raw_client.h"

#include "base/ascii.h"
#include "base/error.h"
#include "os/unix_socket.h"

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace ingot::test_support {
namespace {

void give_up_after_ten_seconds(int fd) {
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

os::Fd connect_to(std::uint16_t port) {
    os::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw base::SystemError(errno, "connecting to the server");
    }
    return socket;
}

void trust(SSL_CTX* context, const std::string& pem) {
    auto* const bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    auto* const certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
    X509_free(certificate);
    BIO_free(bio);
}

}  // namespace

struct RawClient::Tls {
    explicit Tls(const TlsClientOptions& options) : context(SSL_CTX_new(TLS_client_method())) {
        trust(context, options.authority_pem);
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
        if (options.highest_version != 0) {
            // Old versions need weak algorithms, and then it is the server that has to say no.
            SSL_CTX_set_security_level(context, 0);
            SSL_CTX_set_min_proto_version(context, 0);
            SSL_CTX_set_max_proto_version(context, options.highest_version);
        }
        session = SSL_new(context);
        SSL_set1_host(session, options.host.c_str());
        if (!options.protocols.empty()) {
            SSL_set_alpn_protos(session,
                                reinterpret_cast<const unsigned char*>(options.protocols.data()),
                                static_cast<unsigned>(options.protocols.size()));
        }
    }

    ~Tls() {
        SSL_free(session);
        SSL_CTX_free(context);
    }

    Tls(const Tls&) = delete;
    Tls& operator=(const Tls&) = delete;

    SSL_CTX* context;
    SSL* session = nullptr;
};

RawClient::RawClient(os::Fd socket) : socket_(std::move(socket)) {
    give_up_after_ten_seconds(socket_.get());
}

RawClient::~RawClient() = default;
RawClient::RawClient(RawClient&&) noexcept = default;

RawClient RawClient::plain(std::uint16_t port) {
    return RawClient(connect_to(port));
}

RawClient RawClient::unix_socket(const std::filesystem::path& path) {
    auto socket = os::connect_unix(path);
    const int flags = ::fcntl(socket.get(), F_GETFL);
    ::fcntl(socket.get(), F_SETFL, flags & ~O_NONBLOCK);
    return RawClient(std::move(socket));
}

RawClient RawClient::tls(std::uint16_t port, const TlsClientOptions& options) {
    RawClient client(connect_to(port));
    client.tls_ = std::make_unique<Tls>(options);
    SSL_set_fd(client.tls_->session, client.socket_.get());
    if (SSL_connect(client.tls_->session) != 1) {
        std::array<char, 256> reason{};
        ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
        ERR_clear_error();
        throw std::runtime_error(reason.data());
    }
    return client;
}

bool RawClient::send(std::string_view bytes) {
    if (tls_) {
        ERR_clear_error();
        return SSL_write(tls_->session, bytes.data(), static_cast<int>(bytes.size())) > 0;
    }
    while (!bytes.empty()) {
        const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::string RawClient::receive_some() {
    if (!buffer_.empty()) {
        return std::exchange(buffer_, {});
    }
    std::array<char, 65536> bytes{};
    errno = 0;
    ERR_clear_error();
    const auto got = tls_ ? SSL_read(tls_->session, bytes.data(), static_cast<int>(bytes.size()))
                          : ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EAGAIN) {
        throw std::runtime_error("nothing came from the server for ten seconds");
    }
    return {bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0};
}

std::string RawClient::receive_rest() {
    std::string all;
    for (auto piece = receive_some(); !piece.empty(); piece = receive_some()) {
        all += piece;
    }
    return all;
}

std::string RawClient::take(std::size_t size) {
    while (buffer_.size() < size) {
        auto had = std::exchange(buffer_, {});
        const auto more = receive_some();
        had += more;
        buffer_ = std::move(had);
        if (more.empty()) {
            throw std::runtime_error("the server closed within a response: " + buffer_);
        }
    }
    if (buffer_.size() == size) {
        return std::exchange(buffer_, {});
    }
    auto result = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return result;
}

std::string RawClient::take_line() {
    std::string line;
    while (!line.ends_with("\r\n")) {
        line += take(1);
    }
    line.resize(line.size() - 2);
    return line;
}

std::string RawClient::take_chunks() {
    std::string body;
    while (true) {
        const auto size = std::stoul(take_line(), nullptr, 16);
        body += take(size);
        take_line();
        if (size == 0) {
            return body;
        }
    }
}

RawResponse RawClient::receive(bool to_head) {
    RawResponse response;
    response.status = std::stoi(take_line().substr(std::string_view("HTTP/1.1 ").size()));
    for (auto line = take_line(); !line.empty(); line = take_line()) {
        const auto colon = line.find(": ");
        response.headers[base::to_lower(line.substr(0, colon))] = line.substr(colon + 2);
    }
    if (to_head) {
        return response;
    }
    if (response.headers.contains("content-length")) {
        response.body = take(std::stoul(response.headers["content-length"]));
    } else if (response.headers.contains("transfer-encoding")) {
        response.body = take_chunks();
    }
    return response;
}

RawResponse RawClient::ask(std::string_view request) {
    send(request);
    return receive();
}

void RawClient::reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket_.reset();
}

std::string RawClient::chosen_protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(tls_->session, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

}  // namespace ingot::test_support
