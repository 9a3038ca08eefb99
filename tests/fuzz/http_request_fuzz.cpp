// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a client sends: whatever they are cut into on their way, the requests that come
// out of them are the same, and none is larger than its limits.
#include "http/form.h"
#include "http/server/request_parser.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using ingot::http::Request;
using ingot::http::RequestParser;
using State = RequestParser::State;

constexpr RequestParser::Limits kLimits = {.head = 1024, .body = 4096};

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

// As a connection does it: what the parser leaves comes again, with more behind it.
class Reader {
  public:
    void receive(std::string_view bytes) {
        waiting_ += bytes;
        while (!refused() && !waiting_.empty()) {
            const auto taken = parser_.feed(waiting_);
            require(taken <= waiting_.size());
            waiting_.erase(0, taken);
            if (parser_.state() == State::Complete) {
                require_sound(parser_.take());
            } else if (taken == 0) {
                return;
            }
        }
    }

    [[nodiscard]] bool refused() const { return parser_.state() == State::Refused; }

    [[nodiscard]] const std::vector<std::string>& requests() const { return requests_; }

  private:
    void require_sound(const Request& request) {
        require(request.path.starts_with('/') || request.path == "*");
        require(request.body.size() <= kLimits.body);
        std::string all = request.method + '\n' + request.path + '\n' + request.query + '\n';
        for (const auto& [name, value] : request.headers) {
            require((name + value).find_first_of(std::string_view("\r\n\0", 3)) ==
                    std::string::npos);
            all += name + ':' + value + '\n';
        }
        require(all.size() <= kLimits.head * 2);
        requests_.push_back(all + request.body);
    }

    RequestParser parser_ = RequestParser(kLimits);
    std::string waiting_;
    std::vector<std::string> requests_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // When nonsense is refused may depend on the pieces until a head, or a chunk's, has ended.
    std::string text(reinterpret_cast<const char*>(data), size);
    text += "\r\n\r\n";
    Reader at_once;
    at_once.receive(text);
    for (const std::size_t piece : {1U, 7U}) {
        Reader in_pieces;
        for (std::size_t at = 0; at < text.size(); at += piece) {
            in_pieces.receive(std::string_view(text).substr(at, piece));
        }
        require(in_pieces.requests() == at_once.requests());
        require(in_pieces.refused() == at_once.refused());
    }
    if (const auto decoded = ingot::http::percent_decode(text)) {
        require(ingot::http::percent_decode(ingot::http::percent_encode(*decoded)) == decoded);
    }
    (void)ingot::http::parse_form(text);
    return 0;
}
