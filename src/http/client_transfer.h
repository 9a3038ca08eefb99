// SPDX-License-Identifier: Apache-2.0
// libcurl's part of a request, for the client alone: handles that free themselves, what all
// requests set alike, and the loop that drives a transfer under a cancellation. What a response
// means is client.cpp's and client_send.cpp's job.
#pragma once

#include "base/cancellation.h"
#include "base/error.h"
#include "base/freed.h"
#include "http/client.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <curl/curl.h>

namespace ingot::http {

using EasyHandle = std::unique_ptr<CURL, base::Freed<curl_easy_cleanup>>;
using MultiHandle = std::unique_ptr<CURLM, base::Freed<curl_multi_cleanup>>;
using HeaderList = std::unique_ptr<curl_slist, base::Freed<curl_slist_free_all>>;

template <typename Handle>
Handle started(Handle handle) {
    if (!handle) {
        throw base::Error(base::ErrorKind::Internal, "OutOfMemory", "libcurl could not start");
    }
    return handle;
}

struct Client::Connections {
    MultiHandle multi = started(MultiHandle(curl_multi_init()));
};

// What wants to be called while a transfer goes on, at least this often.
struct Pulse {
    std::chrono::milliseconds every = std::chrono::minutes(1);
    std::function<void()> beat{};
};

// One easy handle with what every request has.
class Transfer {
  public:
    Transfer(std::string method, const std::string& url);

    template <typename Value>
    void set(CURLoption option, Value value) {
        curl_easy_setopt(easy_.get(), option, value);
    }

    void add_header(const std::string& line);
    void set_timeouts(std::chrono::seconds connect, std::chrono::seconds stall);

    // Until it is done. Throws Cancelled, and what the pulse throws.
    CURLcode perform(CURLM* multi, const base::Cancellation& cancellation, const Pulse& pulse = {});

    // "GET https://host/path", as it may be shown.
    [[nodiscard]] std::string name() const { return method_ + " " + shown_url_; }

    [[nodiscard]] const std::string& shown_url() const { return shown_url_; }

    // Of a transfer that brought no whole response.
    [[nodiscard]] HttpError failure(CURLcode result) const;

  private:
    std::string method_;
    std::string shown_url_;
    HeaderList headers_;
    EasyHandle easy_ = started(EasyHandle(curl_easy_init()));
    char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace ingot::http
