// SPDX-License-Identifier: Apache-2.0
// Guests that never answer; those that do are in tests/integration/guest/.
#include "base/error.h"
#include "guest/ssh_communicator.h"
#include "guest/ssh_keys.h"

#include <chrono>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::guest {
namespace {

using base::Cancellation;
using namespace std::chrono_literals;

std::string code_of_failure(const GuestAccess& access, const Cancellation& cancellation) {
    try {
        (void)wait_until_ready(access, cancellation);
        return "ready";
    } catch (const base::Error& error) {
        return error.code();
    }
}

class ReadinessTest : public testing::Test {
  protected:
    GuestAccess access_of(Dialer dial) {
        return {.dial = std::move(dial), .identity = {"user", key_.private_key, key_.public_key}};
    }

    Dialer silent() {
        return [this](const Cancellation&) {
            auto pair = os::make_socket_pair();
            peers_.push_back(std::move(pair.theirs));
            return std::move(pair.ours);
        };
    }

    SshKeyPair key_ = generate_ssh_key("test");
    std::vector<os::Fd> peers_;
};

TEST_F(ReadinessTest, SaysHowLongItWaitedAndWhatItSaw) {
    try {
        (void)wait_until_ready(access_of(silent()), Cancellation().child(20ms));
        FAIL();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), "GuestDidNotAnswer");
        EXPECT_EQ(error.kind(), base::ErrorKind::GuestFailed);
        EXPECT_THAT(
            error.message(),
            testing::MatchesRegex(".* within [0-9.]+ s .attempts: 1, .*nothing was said.*"));
    }
}

TEST_F(ReadinessTest, TriesAgainWhenTheConnectionIsClosed) {
    const Cancellation scope;
    const auto closing = [&, dialed = 0](const Cancellation&) mutable {
        if (++dialed == 3) {
            scope.cancel(base::CancelCause::User);
        }
        return std::move(os::make_socket_pair().ours);
    };
    EXPECT_THROW((void)wait_until_ready(access_of(closing), scope), base::Cancelled);
}

TEST_F(ReadinessTest, TriesAgainWhenTheDialerFails) {
    const Cancellation scope;
    const auto refused = [&, dialed = 0](const Cancellation&) mutable -> os::Fd {
        if (++dialed == 3) {
            scope.cancel(base::CancelCause::User);
        }
        throw base::SystemError(ECONNREFUSED, "connecting to the guest");
    };
    EXPECT_THROW((void)wait_until_ready(access_of(refused), scope), base::Cancelled);
}

TEST_F(ReadinessTest, EndsAtOnceWhenTheVmDies) {
    auto pipe = os::make_pipe();
    auto access = access_of([&](const Cancellation& cancellation) {
        auto socket = silent()(cancellation);
        pipe.write_end.reset();
        return socket;
    });
    access.alive_fd = pipe.read_end.get();
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(code_of_failure(access, Cancellation().child(30s)), "GuestConnectionLost");
    EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

TEST_F(ReadinessTest, PassesOnWhatTheLivenessCheckThrows) {
    auto access = access_of(silent());
    access.check_alive = [] {
        throw base::Error(base::ErrorKind::GuestFailed, "VmDied", "the VM died: signal 9");
    };
    EXPECT_EQ(code_of_failure(access, Cancellation().child(30s)), "VmDied");
}

TEST_F(ReadinessTest, IsCancelledAsSuchUnlessTheDeadlinePassed) {
    const Cancellation cancellation;
    auto access = access_of([&](const Cancellation& scope) {
        cancellation.cancel(base::CancelCause::User);
        return silent()(scope);
    });
    EXPECT_THROW((void)wait_until_ready(access, cancellation), base::Cancelled);
}

}  // namespace
}  // namespace ingot::guest
