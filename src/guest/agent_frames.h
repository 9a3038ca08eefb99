// SPDX-License-Identifier: Apache-2.0
// Frames and payloads of agent_protocol.h as bytes, for both sides: pure, no exceptions, nothing
// trusted. Which frame may follow which is the sides' own business.
#pragma once

#include "guest/agent_protocol.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingot::guest::agent {

// `payload` must fit kLargestPayload.
[[nodiscard]] std::string encode(Frame type, std::string_view payload);

struct ReceivedFrame {
    Frame type = Frame::Failed;  // maybe none that the protocol knows
    std::string payload;
};

// Cuts a stream into frames. Holds no more than was added since the last whole frame.
class FrameReader {
  public:
    void add(std::string_view bytes) { bytes_ += bytes; }

    // The next frame if it is whole.
    [[nodiscard]] std::optional<ReceivedFrame> next();

    // The next frame claims to be larger than any may be: what follows cannot be understood.
    [[nodiscard]] bool broken() const;

    void forget();

  private:
    std::string bytes_;
    std::size_t taken_ = 0;  // of bytes_: many small frames must not move the rest each time
};

class PayloadWriter {
  public:
    PayloadWriter& u32(std::uint32_t number);
    PayloadWriter& i64(std::int64_t number);
    PayloadWriter& text(std::string_view text);

    [[nodiscard]] const std::string& bytes() const { return bytes_; }

  private:
    std::string bytes_;
};

// Each function takes what comes next; empty when the payload is too short for it.
class PayloadReader {
  public:
    explicit PayloadReader(std::string_view payload) : rest_(payload) {}

    [[nodiscard]] std::optional<std::uint32_t> u32();
    [[nodiscard]] std::optional<std::int64_t> i64();
    [[nodiscard]] std::optional<std::string_view> text();

    [[nodiscard]] bool at_end() const { return rest_.empty(); }

  private:
    [[nodiscard]] std::optional<std::uint64_t> number(std::size_t size);

    std::string_view rest_;
};

}  // namespace ingot::guest::agent
