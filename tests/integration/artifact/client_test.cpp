// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"

#include "support/http/local_http_server.h"

#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::http {
namespace {

using base::ByteCount;
using base::Cancellation;
using base::ErrorKind;
using test_support::HttpReply;
using test_support::LocalHttpServer;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class HttpClient : public ::testing::Test {
  protected:
    ResponseHead get(const GetRequest& request) {
        body_.clear();
        return client_.get(
            request, {.on_body = [this](std::string_view b) { body_ += b; }}, scope_);
    }

    // What getting it fails with.
    HttpError failure_of(const GetRequest& request) {
        try {
            get(request);
        } catch (const HttpError& error) {
            return error;
        }
        throw std::runtime_error("it should have failed");
    }

    LocalHttpServer server_;
    Client client_;
    Cancellation scope_;
    std::string body_;
};

TEST_F(HttpClient, HandsOverTheBodyAndTheHead) {
    const std::string large(3U << 20U, 'x');
    server_.serve("/f", {{.body = large, .etag = "\"v1\"", .ranges = true}});
    const auto head = get({.url = server_.url("/f")});
    EXPECT_EQ(body_, large);
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.etag, "\"v1\"");
    EXPECT_EQ(head.content_length, ByteCount(large.size()));
    EXPECT_TRUE(head.accepts_ranges);
}

TEST_F(HttpClient, AsksForTheRestOfAFile) {
    server_.serve("/f", {{.body = "0123456789", .etag = "\"v1\"", .ranges = true}});
    const auto head =
        get({.url = server_.url("/f"), .first_byte = ByteCount(4), .if_range = "\"v1\""});
    EXPECT_EQ(head.status, 206);
    EXPECT_EQ(head.first_byte, ByteCount(4));
    EXPECT_EQ(body_, "456789");
    const auto other =
        get({.url = server_.url("/f"), .first_byte = ByteCount(4), .if_range = "\"v0\""});
    EXPECT_EQ(other.status, 200);
    EXPECT_EQ(body_, "0123456789");
}

TEST_F(HttpClient, FollowsRedirectsUpToTen) {
    server_.serve("/a", {test_support::redirect_to("/b")});
    server_.serve("/b", {{.body = "here"}});
    server_.serve("/loop", {test_support::redirect_to("/loop")});
    get({.url = server_.url("/a")});
    EXPECT_EQ(body_, "here");
    EXPECT_EQ(failure_of({.url = server_.url("/loop")}).code(), "TooManyRedirects");
    EXPECT_EQ(server_.requests().size(), 2U + 11U);
}

TEST_F(HttpClient, LeavesHttpForNoOtherScheme) {
    server_.serve("/a", {test_support::redirect_to("file:///etc/hostname")});
    EXPECT_EQ(failure_of({.url = server_.url("/a")}).code(), "UnsupportedUrl");
    EXPECT_EQ(failure_of({.url = "file:///etc/hostname"}).code(), "UnsupportedUrl");
    EXPECT_EQ(body_, "");
}

TEST_F(HttpClient, SortsRefusals) {
    for (const auto& [status, kind, transient] : {std::tuple{404, ErrorKind::NotFound, false},
                                                  {403, ErrorKind::Forbidden, false},
                                                  {429, ErrorKind::TooManyRequests, true},
                                                  {503, ErrorKind::Unavailable, true},
                                                  {408, ErrorKind::Unavailable, true},
                                                  {400, ErrorKind::InvalidArgument, false},
                                                  {304, ErrorKind::InvalidArgument, false}}) {
        server_.serve("/f", {{.body = "an error page", .status = status}});
        const auto failure = failure_of({.url = server_.url("/f")});
        EXPECT_EQ(failure.status(), status);
        EXPECT_EQ(failure.kind(), kind) << status;
        EXPECT_EQ(failure.is_transient(), transient) << status;
        EXPECT_THAT(failure.message(), HasSubstr(std::to_string(status)));
        EXPECT_EQ(body_, "") << "an error page is no artifact";
    }
}

TEST_F(HttpClient, NeverShowsCredentials) {
    const auto port = std::to_string(server_.port());
    const auto failure = failure_of({.url = "http://me:hush@127.0.0.1:" + port + "/f?sig=hush"});
    EXPECT_THAT(failure.message(), HasSubstr("/f?sig=REDACTED"));
    EXPECT_THAT(failure.message(), Not(HasSubstr("hush")));
    EXPECT_THAT(failure.target(), Not(HasSubstr("hush")));
}

TEST_F(HttpClient, NoticesAnAnswerThatBreaksOff) {
    server_.serve("/f", {{.body = "0123456789", .drop_after = 4}});
    const auto failure = failure_of({.url = server_.url("/f")});
    EXPECT_EQ(failure.code(), "ConnectionFailed");
    EXPECT_TRUE(failure.is_transient());
    EXPECT_EQ(body_, "0123");
}

TEST_F(HttpClient, SaysThatNobodyListens) {
    std::string dead;
    {
        const LocalHttpServer gone;
        dead = gone.url("/f");
    }
    EXPECT_EQ(failure_of({.url = dead}).kind(), ErrorKind::Unavailable);
}

TEST_F(HttpClient, StopsAtTheLimit) {
    server_.serve("/f", {{.body = "0123456789"}});
    const auto failure = failure_of({.url = server_.url("/f"), .limit = ByteCount(9)});
    EXPECT_EQ(failure.code(), "ResponseTooLarge");
    EXPECT_EQ(body_, "");
    EXPECT_EQ(get({.url = server_.url("/f"), .limit = ByteCount(10)}).status, 200);
}

TEST_F(HttpClient, GivesUpOnAServerThatFallsSilent) {
    server_.serve("/f", {{.body = "never sent", .stalls = true}});
    const auto failure = failure_of({.url = server_.url("/f"), .stall_timeout = 1s});
    EXPECT_EQ(failure.kind(), ErrorKind::Unavailable);
}

TEST_F(HttpClient, IsWokenByACancel) {
    server_.serve("/f", {{.body = "never sent", .stalls = true}});
    std::jthread canceller([this] {
        while (server_.requests().empty()) {
            std::this_thread::yield();
        }
        scope_.cancel(base::CancelCause::User);
    });
    const auto before = std::chrono::steady_clock::now();
    EXPECT_THROW(get({.url = server_.url("/f")}), base::Cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - before, 3s);
}

TEST_F(HttpClient, EndsAtTheScopesDeadline) {
    server_.serve("/f", {{.body = "never sent", .stalls = true}});
    EXPECT_THROW(client_.get({.url = server_.url("/f")}, {}, scope_.child(50ms)), base::Cancelled);
}

TEST_F(HttpClient, LetsThroughWhatTheHandlerThrows) {
    server_.serve("/f", {{.body = "body"}});
    const ResponseHandler full{
        .on_body = [](std::string_view) { throw base::SystemError(ENOSPC, "x"); }};
    EXPECT_THROW(client_.get({.url = server_.url("/f")}, full, scope_), base::SystemError);
    get({.url = server_.url("/f")});
    EXPECT_EQ(body_, "body") << "the client is still of use";
}

}  // namespace
}  // namespace ingot::http
