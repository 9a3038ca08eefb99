// SPDX-License-Identifier: Apache-2.0
#include "vm/console_log.h"

namespace ingot::vm {
namespace {

constexpr auto kLongestLine = base::ByteCount::kib(64);

std::string_view without_return(std::string_view line) {
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

}  // namespace

void TextTail::add(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    text_ += bytes;
    if (text_.size() > 2 * limit_) {  // not at every call: erasing moves all the rest
        text_.erase(0, text_.size() - limit_);
    }
}

std::string TextTail::text() const {
    const std::lock_guard lock(mutex_);
    return text_.size() > limit_ ? text_.substr(text_.size() - limit_) : text_;
}

void LineCutter::add(std::string_view bytes) {
    pending_ += bytes;
    std::size_t start = 0;
    for (auto end = pending_.find('\n'); end != std::string::npos;
         end = pending_.find('\n', start)) {
        on_line_(without_return(std::string_view(pending_).substr(start, end - start)));
        start = end + 1;
    }
    pending_.erase(0, start);
    if (pending_.size() > kLongestLine.bytes()) {
        finish();
    }
}

void LineCutter::finish() {
    if (!pending_.empty()) {
        on_line_(without_return(pending_));
        pending_.clear();
    }
}

}  // namespace ingot::vm
