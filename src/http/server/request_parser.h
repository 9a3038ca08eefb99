// SPDX-License-Identifier: Apache-2.0
// Requests out of a connection's bytes, one after another (Beast's parser, made strict where it is
// lenient about what ends a message). Pure; it reads no socket and answers nothing.
#pragma once

#include "http/message.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace ingot::http {

class RequestParser {
  public:
    struct Limits {
        std::uint32_t head = 0;
        std::uint64_t body = 0;
    };

    enum class State { InHead, InBody, Complete, Refused };

    explicit RequestParser(Limits limits);
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    // Takes bytes and says how many. What it leaves has to come again, with more behind it, or
    // belongs to the next request.
    [[nodiscard]] std::size_t feed(std::string_view bytes);

    [[nodiscard]] State state() const { return state_; }

    // When Refused: what to answer, 4xx or 5xx.
    [[nodiscard]] int refusal() const { return refusal_; }

    // From the end of the head on:
    [[nodiscard]] bool keep_alive() const;
    [[nodiscard]] bool is_http_1_0() const;
    // The client holds its body back until it is told to go on.
    [[nodiscard]] bool expects_continue() const;

    // When Complete: the request, and the parser starts with the next one.
    [[nodiscard]] Request take();

  private:
    class Message;
    void refuse(int status);
    std::size_t feed_message(std::string_view bytes);

    Limits limits_;
    std::unique_ptr<Message> message_;
    State state_ = State::InHead;
    int refusal_ = 0;
};

}  // namespace ingot::http
