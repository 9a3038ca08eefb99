// SPDX-License-Identifier: Apache-2.0
// Clients that send nonsense, too much, or nothing: what they are told, when they are cut, and that
// the others do not notice.
#include "base/error.h"
#include "eventually.h"
#include "os/files.h"
#include "test_server.h"

#include <chrono>
#include <future>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ingot::http {
namespace {

using std::chrono::milliseconds;
using test_support::echo;
using test_support::eventually;
using test_support::get;
using test_support::plain_client;
using test_support::RawClient;
using test_support::test_options;
using test_support::tls_client;
using testing::HasSubstr;

// --- Too much
// -------------------------------------------------------------------------------------

TEST(ServerLimitsTest, RefusesABodyThatIsTooLarge) {
    auto options = test_options();
    options.limits.body = base::ByteCount(1000);
    Server server(options, echo);
    auto announced = tls_client(server);
    EXPECT_EQ(announced
                  .ask("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n" +
                       std::string(1000, 'x'))
                  .status,
              200);
    announced.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n");
    announced.send(std::string(1001, 'x'));
    const auto refused = announced.receive();
    EXPECT_EQ(refused.status, 413);
    EXPECT_EQ(refused.headers.at("connection"), "close");
    EXPECT_EQ(announced.receive_rest(), "");

    auto chunked = tls_client(server);
    chunked.send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 3; ++i) {
        chunked.send("190\r\n" + std::string(400, 'x') + "\r\n");
    }
    EXPECT_EQ(chunked.receive().status, 413);
}

TEST(ServerLimitsTest, LetsAClientReadItsRefusalWhileItStillSends) {
    Server server(test_options(), echo);
    auto client = plain_client(server);
    client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 50000000\r\n\r\n");
    client.send(std::string(20'000'000, 'x'));
    EXPECT_EQ(client.receive().status, 413);
}

TEST(ServerLimitsTest, RefusesAHeadThatIsTooLarge) {
    Server server(test_options(), echo);
    auto accepted = tls_client(server);
    EXPECT_EQ(accepted.ask(get("/", "A: " + std::string(32000, 'x') + "\r\n")).status, 200);
    auto one_header = tls_client(server);
    one_header.send(get("/", "A: " + std::string(33000, 'x') + "\r\n"));
    EXPECT_EQ(one_header.receive().status, 431);
    auto target = tls_client(server);
    target.send(get("/" + std::string(33000, 'x')));
    EXPECT_EQ(target.receive().status, 431);
    // Each of these is small, and so is whatever comes in at once.
    auto dripped = tls_client(server);
    dripped.send("GET / HTTP/1.1\r\nHost: h\r\n");
    const std::string header = "A: " + std::string(995, 'x') + "\r\n";
    for (int i = 0; i < 40; ++i) {
        dripped.send(header);
    }
    EXPECT_EQ(dripped.receive().status, 431);
    auto trailers = tls_client(server);
    trailers.send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
    for (int i = 0; i < 40; ++i) {
        trailers.send(header);
    }
    EXPECT_EQ(trailers.receive().status, 400);
}

TEST(ServerLimitsTest, MakesRoomForNewConnections) {
    auto options = test_options();
    options.limits.connections = 10;
    Server server(options, echo);
    std::vector<RawClient> clients;
    for (int i = 0; i < 30; ++i) {
        clients.push_back(plain_client(server));
        ASSERT_EQ(clients.back().ask(get("/")).status, 200) << i;
    }
    EXPECT_TRUE(eventually([&] { return server.connections() <= 10; }));
    EXPECT_EQ(clients.front().receive_rest(), "");
    EXPECT_EQ(clients.back().ask(get("/")).status, 200);
}

// --- Nonsense
// -------------------------------------------------------------------------------------

TEST(ServerNonsense, IsAnsweredAndTheConnectionClosed) {
    Server server(test_options(), echo);
    const std::vector<std::pair<std::string, int>> cases = {
        {"nonsense\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: h\n\n", 505},  // no version ends like that
        {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400},
        {std::string("GET / HTTP/1.1\r\nHost: h\r\nA: \0\r\n\r\n", 33), 400},
        {"GET a HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET /#f HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        {"GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", 400},
        {"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 2\r\n\r\n", 400},
        {"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
        {"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
        {"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
         400},
        {"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
         400},
        {"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, x\r\n\r\n", 400},
        {"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 400},
        {"PUT / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
    };
    for (const auto& [text, status] : cases) {
        auto client = plain_client(server);
        client.send(text);
        EXPECT_EQ(client.receive().status, status) << text;
        EXPECT_EQ(client.receive_rest(), "") << text;
    }
    EXPECT_EQ(tls_client(server).ask(get("/")).status, 200);
}

TEST(ServerNonsense, BehindAGoodRequestSpoilsOnlyItself) {
    Server server(test_options(), echo);
    auto client = plain_client(server);
    client.send(get("/") + "nonsense\r\n\r\n" + get("/never"));
    EXPECT_EQ(client.receive().status, 200);
    EXPECT_EQ(client.receive().status, 400);
    EXPECT_EQ(client.receive_rest(), "");
}

TEST(ServerNonsense, MayBeAnEmptyLineInPieces) {
    Server server(test_options(), echo);
    auto client = plain_client(server);
    for (const std::string_view piece : {"\r", "\n\r", "\n"}) {
        client.send(piece);
        EXPECT_EQ(tls_client(server).ask(get("/")).status, 200);  // the piece was looked at alone
    }
    EXPECT_EQ(client.ask(get("/")).status, 200);
}

TEST(ServerNonsense, OfEveryLengthHurtsNobody) {
    Server server(test_options(), echo);
    const std::string whole =
        "PUT /a?b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for (std::size_t length = 0; length < whole.size(); ++length) {
        auto client = plain_client(server);
        client.send(whole.substr(0, length));
        client.reset();
    }
    auto slow = plain_client(server);
    for (const char c : whole) {
        slow.send({&c, 1});
    }
    EXPECT_EQ(slow.receive().body, "PUT\n/a\nb\nabc");
    EXPECT_TRUE(eventually([&] { return server.connections() == 1; }));
}

// --- Too slow
// -------------------------------------------------------------------------------------

ServerOptions hasty_options() {
    auto options = test_options();
    options.limits.head_timeout = milliseconds(150);
    options.limits.body_timeout = milliseconds(150);
    options.limits.idle_timeout = milliseconds(150);
    options.limits.stall_timeout = milliseconds(150);
    return options;
}

TEST(ServerSlowClients, AreCut) {
    Server server(hasty_options(), echo);
    auto silent = plain_client(server);
    EXPECT_EQ(silent.receive_rest(), "");
    auto no_handshake = RawClient::plain(server.port("api"));
    EXPECT_EQ(no_handshake.receive_rest(), "");
    auto half_head = tls_client(server);
    half_head.send("GET / HTTP/1.1\r\nHo");
    EXPECT_EQ(half_head.receive_rest(), "");
    auto half_body = tls_client(server);
    half_body.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
    EXPECT_EQ(half_body.receive_rest(), "");
    auto idle = tls_client(server);
    EXPECT_EQ(idle.ask(get("/")).status, 200);
    EXPECT_EQ(idle.receive_rest(), "");
    EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(ServerSlowClients, AreCutThoughTheyKeepDripping) {
    Server server(hasty_options(), echo);
    auto client = plain_client(server);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n");
    // Each header would be a sign of life; the head as a whole is late.
    EXPECT_TRUE(eventually([&] { return !client.send("A: b\r\n"); }));
}

TEST(ServerSlowClients, ThatDoNotReadAreCutWhileOthersAreServed) {
    const auto folder = os::ScratchFolder::temporary();
    const auto path = folder.path() / "large";
    os::replace_file(path, "");
    ASSERT_EQ(::truncate(path.c_str(), std::int64_t{1} << 30U), 0);
    Server server(hasty_options(), [&](Request&& request) -> Response {
        if (request.path == "/large") {
            return {.body = FileRange{.file = os::open_file(path, O_RDONLY),
                                      .length = base::ByteCount::gib(1)}};
        }
        return echo(std::move(request));
    });
    std::vector<RawClient> stalled;
    for (int i = 0; i < 20; ++i) {
        stalled.push_back(i % 2 == 0 ? tls_client(server) : plain_client(server));
        stalled.back().send(get("/large"));
    }
    bool served = true;
    EXPECT_TRUE(eventually([&] {
        served = served && tls_client(server).ask(get("/")).status == 200;
        return server.connections() <= 1;
    }));
    EXPECT_TRUE(served);
}

// --- Stop
// -----------------------------------------------------------------------------------------

TEST(ServerStop, FinishesWhatWasAskedAndClosesWhatIsIdle) {
    std::promise<void> arrived;
    std::promise<void> released;
    Server server(test_options(), [&](Request&& request) {
        if (request.path == "/slow") {
            arrived.set_value();
            released.get_future().wait();
        }
        return echo(std::move(request));
    });
    auto idle = tls_client(server);
    EXPECT_EQ(idle.ask(get("/")).status, 200);
    auto busy = tls_client(server);
    busy.send(get("/slow"));
    arrived.get_future().wait();
    const auto stopped =
        std::async(std::launch::async, [&] { server.stop(std::chrono::seconds(60)); });
    EXPECT_EQ(idle.receive_rest(), "");
    EXPECT_THROW(static_cast<void>(plain_client(server)), base::SystemError);
    released.set_value();
    const auto response = busy.receive();
    EXPECT_EQ(response.body, "GET\n/slow\n\n");
    EXPECT_EQ(response.headers.at("connection"), "close");
    EXPECT_EQ(busy.receive_rest(), "");
}

TEST(ServerStop, CutsWhatOutlivesTheGrace) {
    Server server(test_options(), echo);
    auto half = tls_client(server);
    half.send("GET / HTTP/1.1\r\n");
    auto other = tls_client(server);
    EXPECT_EQ(other.ask(get("/")).status, 200);
    server.stop(milliseconds(50));
    EXPECT_EQ(half.receive_rest(), "");
    EXPECT_EQ(server.connections(), 0U);
    server.stop(milliseconds(50));
}

}  // namespace
}  // namespace ingot::http
