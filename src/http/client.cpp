// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include "http/client_transfer.h"
#include "http/local_address.h"

#include <exception>
#include <memory>
#include <mutex>

#include <fmt/format.h>
#include <sys/socket.h>

namespace ingot::http {
namespace {

using base::ErrorKind;

void start_curl_once() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

ErrorKind kind_of_status(int status) {
    switch (status) {
        case 404:
        case 410:
            return ErrorKind::NotFound;
        case 401:
        case 403:
            return ErrorKind::Forbidden;
        case 429:
            return ErrorKind::TooManyRequests;
        case 408:
            return ErrorKind::Unavailable;
        default:
            return status >= 500 ? ErrorKind::Unavailable : ErrorKind::InvalidArgument;
    }
}

// One GET from request to last byte; libcurl calls back into it.
class Exchange {
  public:
    Exchange(const GetRequest& request, const ResponseHandler& handler)
        : request_(request), handler_(handler), transfer_("GET", request.url) {
        configure();
    }

    CURLcode perform(CURLM* multi, const base::Cancellation& cancellation) {
        return transfer_.perform(multi, cancellation);
    }

    // What the finished transfer means.
    ResponseHead conclude(CURLcode result) {
        if (failure_) {
            std::rethrow_exception(failure_);
        }
        if (result != CURLE_OK) {
            throw met_local_address_ ? local_address_refused() : transfer_.failure(result);
        }
        throw_if_refused();
        announce_head();
        return head_;
    }

  private:
    void configure() {
        transfer_.set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
        transfer_.set(CURLOPT_FOLLOWLOCATION, 1L);
        transfer_.set(CURLOPT_MAXREDIRS, 10L);
        transfer_.set_timeouts(request_.connect_timeout, request_.stall_timeout);
        if (!request_.authorities.empty()) {
            transfer_.set(CURLOPT_CAINFO, request_.authorities.c_str());
        }
        transfer_.set(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
        transfer_.set(CURLOPT_WRITEDATA, this);
        transfer_.set(CURLOPT_HEADERFUNCTION, &Exchange::on_header);
        transfer_.set(CURLOPT_HEADERDATA, this);
        if (request_.refuse_local) {
            transfer_.set(CURLOPT_OPENSOCKETFUNCTION, &Exchange::open_socket);
            transfer_.set(CURLOPT_OPENSOCKETDATA, this);
        }
        if (request_.first_byte.bytes() > 0) {
            transfer_.add_header(fmt::format("Range: bytes={}-", request_.first_byte.bytes()));
            if (!request_.if_range.empty()) {
                transfer_.add_header("If-Range: " + request_.if_range);
            }
        }
    }

    // After names are resolved, so that no name and no redirect leads around it.
    static curl_socket_t open_socket(void* self, curlsocktype /*purpose*/, curl_sockaddr* to) {
        if (is_local_address(to->addr)) {
            static_cast<Exchange*>(self)->met_local_address_ = true;
            return CURL_SOCKET_BAD;
        }
        return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    }

    [[nodiscard]] HttpError local_address_refused() const {
        return {ErrorKind::Forbidden,
                "LocalAddressRefused",
                fmt::format("{}: the address leads to the service's own host, which it does not "
                            "fetch from for others",
                            transfer_.name()),
                transfer_.shown_url(),
                0};
    }

    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
        read_head_line({data, size * count}, static_cast<Exchange*>(self)->head_);
        return size * count;
    }

    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
        return static_cast<Exchange*>(self)->take_body({data, size * count}) ? size * count : 0;
    }

    // False stops the transfer; conclude() then says why.
    bool take_body(std::string_view bytes) {
        try {
            throw_if_refused();
            announce_head();
            received_ += bytes.size();
            throw_if_too_large(received_);
            handler_.on_body(bytes);
            return true;
        } catch (...) {
            failure_ = std::current_exception();
            return false;
        }
    }

    void announce_head() {
        if (announced_) {
            return;
        }
        announced_ = true;
        if (head_.status == 206 && head_.first_byte != request_.first_byte) {
            throw HttpError(
                ErrorKind::Unavailable,
                "WrongRange",
                fmt::format("{}: the server sent another range than asked for", transfer_.name()),
                transfer_.shown_url(),
                head_.status);
        }
        throw_if_too_large(head_.content_length.value_or(base::ByteCount()).bytes());
        if (handler_.on_head) {
            handler_.on_head(head_);
        }
    }

    void throw_if_refused() const {
        const int status = head_.status;
        if (status == 200 || status == 206) {
            return;
        }
        throw HttpError(kind_of_status(status),
                        "HttpStatus",
                        fmt::format("{}: the server answered {}", transfer_.name(), status),
                        transfer_.shown_url(),
                        status);
    }

    void throw_if_too_large(std::uint64_t size) const {
        if (request_.limit && size > request_.limit->bytes()) {
            throw HttpError(ErrorKind::InvalidArgument,
                            "ResponseTooLarge",
                            fmt::format("{}: the file is larger than {}",
                                        transfer_.name(),
                                        base::to_string(*request_.limit)),
                            transfer_.shown_url(),
                            head_.status);
        }
    }

    const GetRequest& request_;
    const ResponseHandler& handler_;
    Transfer transfer_;
    ResponseHead head_;
    std::uint64_t received_ = 0;
    bool announced_ = false;
    bool met_local_address_ = false;
    std::exception_ptr failure_;
};

}  // namespace

HttpError::HttpError(ErrorKind kind,
                     std::string code,
                     const std::string& message,
                     const std::string& redacted_url,
                     int status)
    : Error(kind, std::move(code), message, redacted_url), status_(status) {}

bool HttpError::is_transient() const noexcept {
    return kind() == ErrorKind::Unavailable || kind() == ErrorKind::TooManyRequests;
}

Client::Client() {
    start_curl_once();
    connections_ = std::make_unique<Connections>();
}

Client::~Client() = default;

ResponseHead Client::get(const GetRequest& request,
                         const ResponseHandler& handler,
                         const base::Cancellation& cancellation) {
    Exchange exchange(request, handler);
    const auto result = exchange.perform(connections_->multi.get(), cancellation);
    return exchange.conclude(result);
}

}  // namespace ingot::http
