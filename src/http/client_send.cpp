// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"
#include "http/client_transfer.h"
#include "http/response_head.h"
#include "os/fd.h"

#include <exception>

#include <fcntl.h>
#include <fmt/format.h>

namespace ingot::http {
namespace {

constexpr auto kPulse = std::chrono::milliseconds(250);
// What the kernel takes, less a little.
constexpr std::size_t kLongestSocketPath = 100;

// One request from its head to the last byte of its answer; libcurl calls back into it.
class Sending {
  public:
    explicit Sending(const SendRequest& request)
        : request_(request), transfer_(request.method, request.url) {
        transfer_.set_timeouts(request.connect_timeout, request.stall_timeout);
        transfer_.set(CURLOPT_TCP_KEEPALIVE, 1L);
        transfer_.set(CURLOPT_WRITEFUNCTION, &Sending::on_body);
        transfer_.set(CURLOPT_WRITEDATA, this);
        transfer_.set(CURLOPT_HEADERFUNCTION, &Sending::on_header);
        transfer_.set(CURLOPT_HEADERDATA, this);
        if (!request.authorities.empty()) {
            transfer_.set(CURLOPT_CAINFO, request.authorities.c_str());
        }
        choose_way();
        set_method();
        for (const auto& header : request.headers) {
            transfer_.add_header(header.name + ": " + header.value);
        }
    }

    Reply perform(CURLM* multi, const base::Cancellation& cancellation) {
        const auto result = transfer_.perform(
            multi,
            cancellation,
            request_.on_wait ? Pulse{.every = kPulse, .beat = request_.on_wait} : Pulse{});
        if (failure_) {
            std::rethrow_exception(failure_);
        }
        if (result != CURLE_OK) {
            throw transfer_.failure(result);
        }
        return std::move(reply_);
    }

  private:
    void choose_way() {
        if (request_.unix_socket.empty()) {
            return;
        }
        auto path = request_.unix_socket.string();
        if (path.size() > kLongestSocketPath) {
            folder_ = os::Fd(::open(request_.unix_socket.parent_path().c_str(),
                                    O_PATH | O_CLOEXEC | O_DIRECTORY));
            path = fmt::format(
                "/proc/self/fd/{}/{}", folder_.get(), request_.unix_socket.filename().string());
            // The same text may mean another folder next time.
            transfer_.set(CURLOPT_FRESH_CONNECT, 1L);
            transfer_.set(CURLOPT_FORBID_REUSE, 1L);
        }
        transfer_.set(CURLOPT_UNIX_SOCKET_PATH, path.c_str());
        transfer_.set(CURLOPT_PROXY, "");
    }

    void set_method() {
        if (request_.body) {
            transfer_.set(CURLOPT_POSTFIELDSIZE_LARGE,
                          static_cast<curl_off_t>(request_.body->size()));
            transfer_.set(CURLOPT_POSTFIELDS, request_.body->c_str());
            transfer_.add_header("Expect:");  // a round trip for nothing
        }
        transfer_.set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
        transfer_.set(CURLOPT_NOBODY, request_.method == "HEAD" ? 1L : 0L);
    }

    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
        static_cast<Sending*>(self)->take_head_line({data, size * count});
        return size * count;
    }

    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
        return static_cast<Sending*>(self)->take_body({data, size * count}) ? size * count : 0;
    }

    // A status line starts anew: interim answers come before the final one.
    void take_head_line(std::string_view line) {
        line = trimmed(line);
        if (line.starts_with("HTTP/")) {
            ResponseHead head;
            read_head_line(line, head);
            reply_ = {.status = head.status};
        } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
            reply_.headers.add(std::string(line.substr(0, colon)),
                               std::string(trimmed(line.substr(colon + 1))));
        }
    }

    // False stops the transfer; perform() then says why.
    bool take_body(std::string_view bytes) {
        try {
            if (request_.on_body && reply_.status / 100 == 2) {
                request_.on_body(bytes);
                return true;
            }
            if (reply_.body.size() + bytes.size() > request_.limit.bytes()) {
                throw HttpError(base::ErrorKind::InvalidArgument,
                                "ResponseTooLarge",
                                fmt::format("{}: the answer is larger than {}",
                                            transfer_.name(),
                                            base::to_string(request_.limit)),
                                transfer_.shown_url(),
                                reply_.status);
            }
            reply_.body += bytes;
            return true;
        } catch (...) {
            failure_ = std::current_exception();
            return false;
        }
    }

    const SendRequest& request_;
    os::Fd folder_;
    Transfer transfer_;
    Reply reply_;
    std::exception_ptr failure_;
};

}  // namespace

Reply Client::send(const SendRequest& request, const base::Cancellation& cancellation) {
    return Sending(request).perform(connections_->multi.get(), cancellation);
}

}  // namespace ingot::http
