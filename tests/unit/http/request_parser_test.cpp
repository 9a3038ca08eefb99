// SPDX-License-Identifier: Apache-2.0
#include "http/server/request_parser.h"

#include <string>

#include <gtest/gtest.h>

namespace ingot::http {
namespace {

// As a connection feeds it: what is left comes again, with `piece` more bytes behind it.
RequestParser::State feed_in_pieces(RequestParser& parser,
                                    const std::string& text,
                                    std::size_t piece) {
    std::string waiting;
    for (std::size_t i = 0; i < text.size(); i += piece) {
        waiting += text.substr(i, piece);
        waiting.erase(0, parser.feed(waiting));
        waiting.erase(0, parser.feed(waiting));  // it may also come again with nothing new
    }
    return parser.state();
}

TEST(RequestParser, TakesPiecesOfEverySize) {
    const std::string head = "PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::pair<std::string, std::string> messages[] = {
        {head + "0\r\n\r\n", ""},
        {head + "0\r\nTrailer: ignored\r\n\r\n", ""},
        {head + "1\r\na\r\n0\r\n\r\n", "a"},
        {head + "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nA: b\r\n\r\n", "hello world"},
        {"PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi", "hi"}};
    for (const auto& [text, body] : messages) {
        for (std::size_t piece = 1; piece <= text.size(); ++piece) {
            RequestParser parser({.head = 1000, .body = 1000});
            ASSERT_EQ(feed_in_pieces(parser, text, piece), RequestParser::State::Complete)
                << piece << " of " << text;
            EXPECT_EQ(parser.take().body, body);
        }
    }
}

}  // namespace
}  // namespace ingot::http
