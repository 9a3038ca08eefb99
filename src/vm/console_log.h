// SPDX-License-Identifier: Apache-2.0
// What a guest writes to its serial console: handed on line by line, and the end of it kept. The
// bytes are the guest's and are not trusted; showing them safely is the reader's business.
#pragma once

#include "base/byte_count.h"
#include "os/child_process.h"

#include <mutex>
#include <string>
#include <string_view>

namespace ingot::vm {

// The end of a text that goes on and on. Any thread may ask for it.
class TextTail {
  public:
    explicit TextTail(base::ByteCount limit) : limit_(limit.bytes()) {}

    void add(std::string_view bytes);
    [[nodiscard]] std::string text() const;

  private:
    std::size_t limit_;
    mutable std::mutex mutex_;
    std::string text_;
};

// Cuts a stream of bytes into lines without their "\n" or "\r\n". Lines longer than 64 KiB come in
// pieces. Belongs to one thread.
class LineCutter {
  public:
    explicit LineCutter(os::LineHandler on_line) : on_line_(std::move(on_line)) {}

    void add(std::string_view bytes);
    // The last line, if it had no end.
    void finish();

  private:
    os::LineHandler on_line_;
    std::string pending_;
};

}  // namespace ingot::vm
