// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "measured.h"
#include "test_sshd.h"

#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace ingot::guest {
namespace {

using base::Cancellation;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

// A connection that the other side has reset, as user-mode networks do for a closed port.
os::Fd reset_connection(const Cancellation& cancellation) {
    const os::Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::listen(listener.get(), 1), 0);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
    auto ours = dial_loopback(ntohs(address.sin_port), cancellation);
    const os::Fd theirs(::accept(listener.get(), nullptr, nullptr));
    const linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(theirs.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    return ours;
}

class SshReadinessTest : public testing::Test {
  protected:
    // Dials what `first` gives for a number of times, then the real sshd. Returns the seconds.
    double time_until_ready(int times, const Dialer& first) {
        auto access = sshd_.access();
        access.dial = [=, this, left = times](const Cancellation& cancellation) mutable {
            return left-- > 0 ? first(cancellation) : sshd_.dialer()(cancellation);
        };
        const auto start = Steady::now();
        const auto guest = wait_until_ready(std::move(access), never_.child(20s));
        const auto took = seconds_since(start);
        EXPECT_EQ(guest->run("exit 3", {}, never_), 3);
        return took;
    }

    Cancellation never_;
    TestSshd sshd_;
};

TEST_F(SshReadinessTest, LogsIn) {
    (void)time_until_ready(0, {});  // sshd has to come up first
    fmt::print("[ MEASURED ] connect, handshake, login: {:.1f} ms\n",
               time_until_ready(0, {}) * 1000);
}

TEST_F(SshReadinessTest, ComesBackSoonAfterResets) {
    // Pauses of 50, 100 and 200 ms.
    const auto took = time_until_ready(3, reset_connection);
    EXPECT_GT(took, 0.3);
    EXPECT_LT(took, 10);
}

TEST_F(SshReadinessTest, StartsANewAttemptBesideASilentOne) {
    std::vector<os::Fd> peers;
    const auto silent = [&peers](const Cancellation&) {
        auto pair = os::make_socket_pair();
        peers.push_back(std::move(pair.theirs));
        return std::move(pair.ours);
    };
    const auto took = time_until_ready(1, silent);
    EXPECT_GT(took, 0.9);
    EXPECT_LT(took, 10);
}

TEST_F(SshReadinessTest, WakesOnTheFirstByteOfALateBanner) {
    (void)time_until_ready(0, {});
    sshd_.send_signal(SIGSTOP);
    Steady::time_point awake;
    const std::jthread waker([&] {
        std::this_thread::sleep_for(700ms);
        awake = Steady::now();
        sshd_.send_signal(SIGCONT);
    });
    (void)time_until_ready(0, {});
    fmt::print("[ MEASURED ] late sshd to a finished command: {:.1f} ms\n",
               seconds_since(awake) * 1000);
}

// The only attempt that ever gets through is older than at least two others.
TEST_F(SshReadinessTest, HearsAnOldAttemptThatComesAliveLate) {
    (void)time_until_ready(0, {});
    std::vector<os::Fd> peers;
    auto access = sshd_.access();
    access.dial = [&, dialed = 0](const Cancellation& cancellation) mutable {
        if (dialed++ == 0) {
            sshd_.send_signal(SIGSTOP);
            return sshd_.dialer()(cancellation);
        }
        auto pair = os::make_socket_pair();
        peers.push_back(std::move(pair.theirs));
        return std::move(pair.ours);
    };
    const std::jthread waker([&] {
        std::this_thread::sleep_for(2500ms);
        sshd_.send_signal(SIGCONT);
    });
    const auto guest = wait_until_ready(std::move(access), never_.child(20s));
    EXPECT_EQ(guest->run("exit 3", {}, never_), 3);
    EXPECT_GE(peers.size(), 2U);
}

}  // namespace
}  // namespace ingot::guest
