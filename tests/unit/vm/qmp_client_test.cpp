// SPDX-License-Identifier: Apache-2.0
#include "vm/qmp_client.h"

#include "base/error.h"

#include <array>

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace ingot::vm {
namespace {

using base::Cancellation;
using namespace std::chrono_literals;

constexpr std::string_view kGreeting = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n";

// QEMU's side. What it will say is put into the socket before the client asks for it; the client's
// ids count from 1, which is for qmp_capabilities.
class QmpClientTest : public testing::Test {
  protected:
    void say(std::string_view text) { os::write_all(pair_.theirs.get(), text); }

    QmpClient connect() {
        say(kGreeting);
        say("{\"return\": {}, \"id\": \"1\"}\r\n");
        return QmpClient(std::move(pair_.ours), patience_);
    }

    std::string heard() {
        std::array<char, 4096> buffer{};
        const auto got = ::recv(pair_.theirs.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
    }

    std::string code_of_execute(QmpClient& client) {
        try {
            client.execute("query-status", patience_);
        } catch (const base::Error& error) {
            return error.code();
        }
        return "none";
    }

    os::SocketPair pair_ = os::make_socket_pair();
    const Cancellation patience_ = Cancellation().child(10s);
};

TEST_F(QmpClientTest, NegotiatesBeforeAnythingElse) {
    (void)connect();
    EXPECT_EQ(heard(), "{\"execute\":\"qmp_capabilities\",\"id\":\"1\"}\n");
}

TEST_F(QmpClientTest, PairsAnAnswerWithItsCommand) {
    auto client = connect();
    (void)heard();
    say("{\"return\": {\"status\": \"running\"}, \"id\": \"2\"}\r\n");
    const auto answer = client.execute("query-status", {{"a", 1}}, patience_);
    EXPECT_EQ(answer.at("status").as_string(), "running");
    EXPECT_EQ(heard(), "{\"execute\":\"query-status\",\"id\":\"2\",\"arguments\":{\"a\":1}}\n");
}

TEST_F(QmpClientTest, KeepsEventsThatComeBeforeAnAnswer) {
    auto client = connect();
    say("{\"event\": \"STOP\"}\r\n{\"event\": \"RESUME\"}\r\n{\"return\": 7, \"id\": \"2\"}\r\n");
    EXPECT_EQ(client.execute("x", patience_).as_int64(), 7);
    EXPECT_EQ(client.next_event(patience_).name, "STOP");
    EXPECT_EQ(client.next_event(patience_).name, "RESUME");
    EXPECT_FALSE(client.poll_event());
}

TEST_F(QmpClientTest, ReassemblesAnEventSplitAcrossReads) {
    auto client = connect();
    say("{\"event\": \"SHUT");
    EXPECT_FALSE(client.poll_event());
    say("DOWN\", \"data\": {\"reason\": \"guest-shutdown\"}}\r");
    EXPECT_FALSE(client.poll_event());
    say("\n{\"ev");
    const auto event = client.poll_event();
    ASSERT_TRUE(event);
    EXPECT_EQ(event->name, "SHUTDOWN");
    EXPECT_EQ(event->data.at("reason").as_string(), "guest-shutdown");
}

TEST_F(QmpClientTest, ReportsARefusalInQemusWords) {
    auto client = connect();
    say("{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such disk\"}, \"id\": \"2\"}\n");
    try {
        client.execute("eject", patience_);
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), "QmpCommandFailed");
        EXPECT_EQ(error.message(), "QEMU refuses eject: no such disk");
    }
}

TEST_F(QmpClientTest, DropsTheLateAnswerToACancelledCommand) {
    auto client = connect();
    const Cancellation hasty;
    hasty.cancel(base::CancelCause::User);
    EXPECT_THROW(client.execute("slow", hasty), base::Cancelled);
    say("{\"return\": \"late\", \"id\": \"2\"}\n{\"return\": \"right\", \"id\": \"3\"}\n");
    EXPECT_EQ(client.execute("quick", patience_).as_string(), "right");
}

TEST_F(QmpClientTest, DeliversWhatCameBeforeTheEnd) {
    auto client = connect();
    say("{\"event\": \"SHUTDOWN\"}\n");
    pair_.theirs.reset();
    EXPECT_EQ(client.next_event(patience_).name, "SHUTDOWN");
    EXPECT_THROW((void)client.next_event(patience_), base::Error);
}

TEST_F(QmpClientTest, SaysThatQemuIsGone) {
    auto client = connect();
    pair_.theirs.reset();
    EXPECT_EQ(code_of_execute(client), "QmpClosed");
}

TEST_F(QmpClientTest, RefusesWhatIsNotQmp) {
    for (const char* garbage : {"\x01\xff garbage\n",
                                "[]\n",
                                "7\n",
                                "{\"id\": \"2\"}\n",
                                "\n",
                                "{\"return\": 1, \"return\": 2, \"id\": \"2\"}\n"}) {
        pair_ = os::make_socket_pair();
        auto client = connect();
        say(garbage);
        EXPECT_EQ(code_of_execute(client), "QmpProtocol") << garbage;
    }
}

TEST_F(QmpClientTest, RefusesAWrongGreeting) {
    say("{\"hello\": 1}\n");
    EXPECT_THROW(QmpClient(std::move(pair_.ours), patience_), base::Error);
}

TEST_F(QmpClientTest, IsWokenByACancel) {
    auto client = connect();
    const auto scope = Cancellation().child(1ms);
    EXPECT_THROW((void)client.next_event(scope), base::Cancelled);
}

}  // namespace
}  // namespace ingot::vm
