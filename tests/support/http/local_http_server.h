// SPDX-License-Identifier: Apache-2.0
// A web server on the loopback interface that does what a test tells it, bad behaviour included:
// ranges, redirects, errors that pass, answers that break off or never come. One request per
// connection. Not for anything but tests: it trusts its clients.
#pragma once

#include "os/fd.h"

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace ingot::test_support {

struct HttpReply {
    std::string body{};
    int status = 200;
    std::map<std::string, std::string> headers{};
    std::string etag{};                       // with its quotes
    bool ranges = false;                      // honours Range and If-Range
    std::optional<std::size_t> drop_after{};  // breaks off after so many bytes of the body
    bool stalls = false;                      // sends the head and then nothing
};

[[nodiscard]] HttpReply redirect_to(const std::string& location);

struct HttpRequest {
    std::string path;                              // with its query
    std::map<std::string, std::string> headers{};  // names in lower case
};

class LocalHttpServer {
  public:
    // Listens on a free port of 127.0.0.1.
    LocalHttpServer();
    ~LocalHttpServer();
    LocalHttpServer(const LocalHttpServer&) = delete;
    LocalHttpServer& operator=(const LocalHttpServer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }

    [[nodiscard]] std::string url(const std::string& path) const;

    // The replies for a path, one after another; the last one stays. Other paths are answered 404.
    void serve(const std::string& path, std::vector<HttpReply> replies);

    // What was asked so far.
    [[nodiscard]] std::vector<HttpRequest> requests() const;

  private:
    void accept_until_stopped();
    void answer(os::Fd connection);
    [[nodiscard]] HttpReply reply_to(const HttpRequest& request);

    os::Fd listener_;
    os::Pipe stop_;  // the writing end closes to end all threads
    std::uint16_t port_ = 0;
    mutable std::mutex mutex_;
    std::map<std::string, std::deque<HttpReply>> replies_;
    std::vector<HttpRequest> requests_;
    std::vector<std::jthread> connections_;
    std::jthread acceptor_;
};

}  // namespace ingot::test_support
