// SPDX-License-Identifier: Apache-2.0
// Responses that come while they are made: many of them at no thread's cost, and what either side
// learns when the other goes.
#include "eventually.h"
#include "test_server.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::http {
namespace {

using test_support::echo;
using test_support::eventually;
using test_support::get;
using test_support::plain_client;
using test_support::RawClient;
using test_support::test_options;
using test_support::tls_client;

// A handler that streams at /stream and keeps the writers for the test.
class Streams {
  public:
    Response answer(Request&& request) {
        if (request.path != "/stream") {
            return echo(std::move(request));
        }
        return {.headers = {{"Content-Type", "text/event-stream"}},
                .body = Stream{.start = [this](StreamWriter writer) { keep(std::move(writer)); },
                               .queue_limit = base::ByteCount::kib(64)}};
    }

    Handler handler() {
        return [this](Request&& request) { return answer(std::move(request)); };
    }

    // Waits until there are so many.
    std::vector<StreamWriter> writers(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return writers_.size() >= count; });
        return writers_;
    }

    StreamWriter only_writer() { return writers(1).front(); }

  private:
    void keep(StreamWriter writer) {
        const std::lock_guard lock(mutex_);
        writers_.push_back(std::move(writer));
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<StreamWriter> writers_;
};

std::future<void> goes(const StreamWriter& writer) {
    auto gone = std::make_shared<std::promise<void>>();
    auto future = gone->get_future();
    writer.on_gone([gone] { gone->set_value(); });
    return future;
}

bool is_ready(const std::future<void>& future) {
    return future.wait_for(std::chrono::seconds(10)) == std::future_status::ready;
}

TEST(ServerStreams, BringWhatIsWrittenWhenItIsWritten) {
    Streams streams;
    Server server(test_options(), streams.handler());
    auto client = tls_client(server);
    client.send(get("/stream"));
    const auto writer = streams.only_writer();
    EXPECT_EQ(writer.write("one\n"), WriteResult::Queued);
    std::string seen;
    while (seen.find("one") == std::string::npos) {
        seen += client.receive_some();
    }
    EXPECT_EQ(writer.write("two\n"), WriteResult::Queued);
    writer.close();
    EXPECT_EQ(writer.write("three\n"), WriteResult::Gone);
    while (!seen.ends_with("0\r\n\r\n")) {
        seen += client.receive_some();
    }
    EXPECT_THAT(seen, testing::EndsWith("4\r\none\n\r\n4\r\ntwo\n\r\n0\r\n\r\n"));
    EXPECT_EQ(client.ask(get("/next")).status, 200);
}

TEST(ServerStreams, CostNoThread) {
    constexpr std::size_t kCount = 100;
    Streams streams;
    Server server(test_options(), streams.handler());
    std::vector<RawClient> clients;
    for (std::size_t i = 0; i < kCount; ++i) {
        clients.push_back(i % 2 == 0 ? tls_client(server) : plain_client(server));
        clients.back().send(get("/stream"));
    }
    const auto writers = streams.writers(kCount);
    auto other = tls_client(server);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(other.ask(get("/")).status, 200);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
    for (const auto& writer : writers) {
        EXPECT_EQ(writer.write("hello"), WriteResult::Queued);
        writer.close();
    }
    for (auto& client : clients) {
        EXPECT_EQ(client.receive().body, "hello");
    }
}

TEST(ServerStreams, NoticeThatTheClientHasGone) {
    Streams streams;
    Server server(test_options(), streams.handler());
    for (std::size_t round = 1; round <= 3; ++round) {
        auto client = round == 1 ? tls_client(server) : plain_client(server);
        client.send(get("/stream"));
        const auto writer = streams.writers(round).back();
        EXPECT_TRUE(writer.is_open());
        const auto gone = goes(writer);
        if (round == 3) {
            client.reset();
        } else {
            const auto closed = std::move(client);
        }
        EXPECT_TRUE(is_ready(gone));
        EXPECT_FALSE(writer.is_open());
        EXPECT_EQ(writer.write("x"), WriteResult::Gone);
        EXPECT_TRUE(is_ready(goes(writer)));  // told late, told at once
    }
    EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST(ServerStreams, HoldBackAProducerThatIsFaster) {
    Streams streams;
    Server server(test_options(), streams.handler());
    auto client = tls_client(server);
    client.send(get("/stream"));
    const auto writer = streams.only_writer();
    std::promise<void> drained;
    writer.on_drained([&] { drained.set_value(); });
    const std::string piece(10'000, 'x');
    std::size_t written = 0;
    while (writer.write(piece) == WriteResult::Queued) {
        written += piece.size();
    }
    auto body = std::async(std::launch::async, [&] { return client.receive().body; });
    EXPECT_TRUE(is_ready(drained.get_future()));
    EXPECT_EQ(writer.write("end"), WriteResult::Queued);
    writer.close();
    EXPECT_EQ(body.get().size(), written + 3);
}

TEST(ServerStreams, ThatAreNotReadAreCut) {
    Streams streams;
    auto options = test_options();
    options.limits.stall_timeout = std::chrono::milliseconds(150);
    Server server(options, streams.handler());
    auto client = tls_client(server);
    client.send(get("/stream"));
    const auto writer = streams.only_writer();
    const auto gone = goes(writer);
    const std::string piece(10'000, 'x');
    // Full alone proves nothing: the sockets' buffers may still swallow the queue.
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (writer.write(piece) != WriteResult::Gone && std::chrono::steady_clock::now() < give_up) {
        std::this_thread::yield();
    }
    EXPECT_TRUE(is_ready(gone));
}

TEST(ServerStreams, EndProperlyWhenTheServerStops) {
    Streams streams;
    Server server(test_options(), streams.handler());
    auto client = tls_client(server);
    client.send(get("/stream"));
    const auto writer = streams.only_writer();
    const auto gone = goes(writer);
    EXPECT_EQ(writer.write("last words"), WriteResult::Queued);
    const auto stopped =
        std::async(std::launch::async, [&] { server.stop(std::chrono::seconds(60)); });
    EXPECT_EQ(client.receive().body, "last words");
    EXPECT_TRUE(is_ready(gone));
    EXPECT_EQ(client.receive_rest(), "");
}

TEST(ServerStreams, AreForOldClientsUntilTheConnectionCloses) {
    Streams streams;
    Server server(test_options(), streams.handler());
    auto client = plain_client(server);
    client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto writer = streams.only_writer();
    EXPECT_EQ(writer.write("all of it"), WriteResult::Queued);
    writer.close();
    EXPECT_THAT(client.receive_rest(), testing::EndsWith("\r\n\r\nall of it"));
}

TEST(ServerStreams, HaveWritersThatMayOutliveTheServer) {
    Streams streams;
    {
        Server server(test_options(), streams.handler());
        auto client = plain_client(server);
        client.send(get("/stream"));
        static_cast<void>(streams.only_writer());
    }
    EXPECT_EQ(streams.only_writer().write("x"), WriteResult::Gone);
}

TEST(ServerStreams, SurviveWritersOnManyThreads) {
    Streams streams;
    Server server(test_options(), streams.handler());
    auto client = tls_client(server);
    client.send(get("/stream"));
    const auto writer = streams.only_writer();
    std::vector<std::jthread> producers;
    for (int i = 0; i < 4; ++i) {
        producers.emplace_back([writer] {
            for (int n = 0; n < 1000;) {
                n += writer.write("12345678") == WriteResult::Queued ? 1 : 0;
            }
        });
    }
    producers.emplace_back([&producers, writer] {
        for (std::size_t i = 0; i < 4; ++i) {
            producers[i].join();
        }
        writer.close();
    });
    EXPECT_EQ(client.receive().body.size(), 32'000U);
}

}  // namespace
}  // namespace ingot::http
