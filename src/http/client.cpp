// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>

#include <curl/curl.h>
#include <fmt/format.h>

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

// What went wrong below HTTP, as kind and stable code.
struct TransportFailure {
    ErrorKind kind;
    std::string code;
};

TransportFailure classify(CURLcode result) {
    if (result == CURLE_UNSUPPORTED_PROTOCOL || result == CURLE_URL_MALFORMAT) {
        return {ErrorKind::InvalidArgument, "UnsupportedUrl"};
    }
    if (result == CURLE_TOO_MANY_REDIRECTS) {
        return {ErrorKind::InvalidArgument, "TooManyRedirects"};
    }
    if (result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE) {
        return {ErrorKind::Forbidden, "TlsNotTrusted"};
    }
    return {ErrorKind::Unavailable, "ConnectionFailed"};
}

template <auto Free>
struct Freed {
    template <typename Thing>
    void operator()(Thing* thing) const {
        Free(thing);
    }
};

using EasyHandle = std::unique_ptr<CURL, Freed<curl_easy_cleanup>>;
using MultiHandle = std::unique_ptr<CURLM, Freed<curl_multi_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, Freed<curl_slist_free_all>>;

template <typename Handle>
Handle started(Handle handle) {
    if (!handle) {
        throw base::Error(ErrorKind::Internal, "OutOfMemory", "libcurl could not start");
    }
    return handle;
}

// One GET from request to last byte; libcurl calls back into it.
class Exchange {
  public:
    Exchange(const GetRequest& request, const ResponseHandler& handler)
        : request_(request), handler_(handler), shown_url_(redact_url(request.url)) {
        configure();
    }

    [[nodiscard]] CURL* handle() const { return easy_.get(); }

    // The handle is to be dropped now: without waiting for a name server that does not answer.
    void abandon() { set(CURLOPT_QUICK_EXIT, 1L); }

    // What the finished transfer means.
    ResponseHead conclude(CURLcode result) {
        if (failure_) {
            std::rethrow_exception(failure_);
        }
        if (result != CURLE_OK) {
            const auto [kind, code] = classify(result);
            const std::string why = error_[0] != '\0' ? error_ : curl_easy_strerror(result);
            throw HttpError(kind, code, fmt::format("GET {}: {}", shown_url_, why), shown_url_, 0);
        }
        throw_if_refused();
        announce_head();
        return head_;
    }

  private:
    template <typename Value>
    void set(CURLoption option, Value value) {
        curl_easy_setopt(easy_.get(), option, value);
    }

    void add_header(const std::string& line) {
        // The list stays ours if appending fails.
        if (auto* const longer = curl_slist_append(headers_.get(), line.c_str())) {
            [[maybe_unused]] auto* const same = headers_.release();
            headers_.reset(longer);
        }
    }

    void configure() {
        set(CURLOPT_URL, request_.url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
        set(CURLOPT_FOLLOWLOCATION, 1L);
        set(CURLOPT_MAXREDIRS, 10L);
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);  // a proxy's head is not the response's
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_USERAGENT, "ingot");
        set(CURLOPT_ERRORBUFFER, error_);
        set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(request_.connect_timeout.count()));
        set(CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request_.stall_timeout.count()));
        set(CURLOPT_WRITEFUNCTION, &Exchange::on_body);
        set(CURLOPT_WRITEDATA, this);
        set(CURLOPT_HEADERFUNCTION, &Exchange::on_header);
        set(CURLOPT_HEADERDATA, this);
        if (request_.first_byte.bytes() > 0) {
            add_header(fmt::format("Range: bytes={}-", request_.first_byte.bytes()));
            if (!request_.if_range.empty()) {
                add_header("If-Range: " + request_.if_range);
            }
        }
        set(CURLOPT_HTTPHEADER, headers_.get());
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
                fmt::format("GET {}: the server sent another range than asked for", shown_url_),
                shown_url_,
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
                        fmt::format("GET {}: the server answered {}", shown_url_, status),
                        shown_url_,
                        status);
    }

    void throw_if_too_large(std::uint64_t size) const {
        if (request_.limit && size > request_.limit->bytes()) {
            throw HttpError(ErrorKind::InvalidArgument,
                            "ResponseTooLarge",
                            fmt::format("GET {}: the file is larger than {}",
                                        shown_url_,
                                        base::to_string(*request_.limit)),
                            shown_url_,
                            head_.status);
        }
    }

    const GetRequest& request_;
    const ResponseHandler& handler_;
    std::string shown_url_;
    HeaderList headers_;
    EasyHandle easy_ = started(EasyHandle(curl_easy_init()));
    char error_[CURL_ERROR_SIZE] = {};
    ResponseHead head_;
    std::uint64_t received_ = 0;
    bool announced_ = false;
    std::exception_ptr failure_;
};

int poll_timeout(const base::Cancellation& cancellation) {
    constexpr std::chrono::milliseconds kLong = std::chrono::minutes(1);  // curl knows its own
    auto wait = kLong;
    if (const auto deadline = cancellation.deadline()) {
        wait = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(
                              *deadline - std::chrono::steady_clock::now()),
                          std::chrono::milliseconds(0),
                          kLong);
    }
    return static_cast<int>(wait.count());
}

CURLcode result_of(CURLM* multi) {
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi, &left)) {
        if (message->msg == CURLMSG_DONE) {
            return message->data.result;
        }
    }
    return CURLE_OBSOLETE20;  // cannot be: nothing runs any more and nothing is reported
}

// Drives the only transfer of `multi` until it is done.
CURLcode perform(CURLM* multi, const base::Cancellation& cancellation) {
    const std::stop_callback wake(cancellation.token(), [multi] { curl_multi_wakeup(multi); });
    int running = 1;
    while (true) {
        cancellation.throw_if_cancelled();
        if (const auto code = curl_multi_perform(multi, &running); code != CURLM_OK) {
            throw base::Error(ErrorKind::Internal, "HttpClientFailed", curl_multi_strerror(code));
        }
        if (running == 0) {
            return result_of(multi);
        }
        curl_multi_poll(multi, nullptr, 0, poll_timeout(cancellation), nullptr);
    }
}

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

struct Client::Connections {
    MultiHandle multi = started(MultiHandle(curl_multi_init()));
};

Client::Client() {
    start_curl_once();
    connections_ = std::make_unique<Connections>();
}

Client::~Client() = default;

ResponseHead Client::get(const GetRequest& request,
                         const ResponseHandler& handler,
                         const base::Cancellation& cancellation) {
    auto* const multi = connections_->multi.get();
    Exchange exchange(request, handler);
    curl_multi_add_handle(multi, exchange.handle());
    CURLcode result = CURLE_OK;
    try {
        result = perform(multi, cancellation);
    } catch (...) {
        exchange.abandon();
        curl_multi_remove_handle(multi, exchange.handle());
        throw;
    }
    curl_multi_remove_handle(multi, exchange.handle());
    return exchange.conclude(result);
}

}  // namespace ingot::http
