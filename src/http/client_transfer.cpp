// SPDX-License-Identifier: Apache-2.0
#include "http/client_transfer.h"

#include <algorithm>
#include <stop_token>
#include <utility>

#include <fmt/format.h>

namespace ingot::http {
namespace {

using base::ErrorKind;

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

int poll_timeout(const base::Cancellation& cancellation, std::chrono::milliseconds longest) {
    auto wait = longest;
    if (const auto deadline = cancellation.deadline()) {
        wait = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(
                              *deadline - std::chrono::steady_clock::now()),
                          std::chrono::milliseconds(0),
                          longest);
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
CURLcode drive(CURLM* multi, const base::Cancellation& cancellation, const Pulse& pulse) {
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
        if (pulse.beat) {
            pulse.beat();
        }
        curl_multi_poll(multi, nullptr, 0, poll_timeout(cancellation, pulse.every), nullptr);
    }
}

}  // namespace

Transfer::Transfer(std::string method, const std::string& url)
    : method_(std::move(method)), shown_url_(redact_url(url)) {
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);  // a proxy's head is not the response's
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_USERAGENT, "ingot");
    set(CURLOPT_ERRORBUFFER, error_);
}

void Transfer::add_header(const std::string& line) {
    // The list stays ours if appending fails.
    if (auto* const longer = curl_slist_append(headers_.get(), line.c_str())) {
        [[maybe_unused]] auto* const same = headers_.release();
        headers_.reset(longer);
    }
    set(CURLOPT_HTTPHEADER, headers_.get());
}

void Transfer::set_timeouts(std::chrono::seconds connect, std::chrono::seconds stall) {
    set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(connect.count()));
    if (stall.count() > 0) {
        set(CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(stall.count()));
    }
}

CURLcode Transfer::perform(CURLM* multi,
                           const base::Cancellation& cancellation,
                           const Pulse& pulse) {
    curl_multi_add_handle(multi, easy_.get());
    CURLcode result = CURLE_OK;
    try {
        result = drive(multi, cancellation, pulse);
    } catch (...) {
        // The handle is dropped now: without waiting for a name server that does not answer.
        set(CURLOPT_QUICK_EXIT, 1L);
        curl_multi_remove_handle(multi, easy_.get());
        throw;
    }
    curl_multi_remove_handle(multi, easy_.get());
    return result;
}

HttpError Transfer::failure(CURLcode result) const {
    const auto [kind, code] = classify(result);
    const std::string why = error_[0] != '\0' ? error_ : curl_easy_strerror(result);
    return {kind, code, fmt::format("{}: {}", name(), why), shown_url_, 0};
}

}  // namespace ingot::http
