// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "os/terminal.h"
#include "test_sshd.h"

#include <chrono>
#include <csignal>
#include <future>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace ingot::guest {
namespace {

using base::Cancellation;
using namespace std::chrono_literals;

// The person's side of a terminal, and the program's.
struct Terminal {
    Terminal() {
        int master = -1;
        int slave = -1;
        winsize size{};
        size.ws_col = 101;
        size.ws_row = 33;
        EXPECT_EQ(::openpty(&master, &slave, nullptr, nullptr, &size), 0);
        person = os::Fd(master);
        program = os::Fd(slave);
    }

    void type(std::string_view text) const { os::write_all(person.get(), text); }

    // Reads what is shown until `text` has appeared.
    void expect(const std::string& text) {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (shown.find(text) == std::string::npos) {
            pollfd fd{person.get(), POLLIN, 0};
            ASSERT_LT(std::chrono::steady_clock::now(), end) << shown;
            if (::poll(&fd, 1, 100) > 0) {
                std::array<char, 4096> buffer{};
                const auto got = ::read(person.get(), buffer.data(), buffer.size());
                shown.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
            }
        }
    }

    [[nodiscard]] tcflag_t local_flags() const {
        termios now{};
        EXPECT_EQ(::tcgetattr(program.get(), &now), 0);
        return now.c_lflag;
    }

    os::Fd person;
    os::Fd program;
    std::string shown;
};

class InteractiveShellTest : public testing::Test {
  protected:
    // The shell needs a thread of its own; the others must not take its SIGWINCH.
    void SetUp() override {
        sigset_t resizes;
        sigemptyset(&resizes);
        sigaddset(&resizes, SIGWINCH);
        ::pthread_sigmask(SIG_BLOCK, &resizes, nullptr);
        guest_ = wait_until_ready(sshd_.access(), never_.child(20s));
    }

    std::future<int> start_shell(const Cancellation& scope) {
        const int fd = terminal_.program.get();
        return std::async(std::launch::async, [this, fd, scope] {
            return guest_->interactive_shell(scope, {.input = fd, .output = fd});
        });
    }

    Cancellation never_;
    TestSshd sshd_;
    Terminal terminal_;
    std::unique_ptr<SshCommunicator> guest_;
};

TEST_F(InteractiveShellTest, CarriesKeysAndOutputAndTheExitCode) {
    const auto before = terminal_.local_flags();
    auto code = start_shell(never_);
    terminal_.type("stty size; echo answer $((6 * 7))\r");
    terminal_.expect("33 101");
    terminal_.expect("answer 42");
    EXPECT_EQ(terminal_.local_flags() & static_cast<tcflag_t>(ECHO | ICANON | ISIG), 0U);
    terminal_.type("exit 6\r");
    EXPECT_EQ(code.get(), 6);
    EXPECT_EQ(terminal_.local_flags(), before);
}

TEST_F(InteractiveShellTest, HandsControlCToTheGuest) {
    auto code = start_shell(never_);
    terminal_.type("sh -c 'echo wai''ting; exec sleep 60'\r");
    terminal_.expect("waiting");
    terminal_.type("\x03");
    terminal_.type("exit 3\r");
    EXPECT_EQ(code.get(), 3);
}

TEST_F(InteractiveShellTest, FollowsTheSizeOfTheTerminal) {
    auto code = start_shell(never_);
    terminal_.type("trap 'stty size' WINCH; echo re''ady\r");
    terminal_.expect("ready");
    winsize size{};
    size.ws_col = 77;
    size.ws_row = 11;
    ASSERT_EQ(::ioctl(terminal_.person.get(), TIOCSWINSZ, &size), 0);
    ::kill(::getpid(), SIGWINCH);
    terminal_.type("\r");
    terminal_.expect("11 77");
    terminal_.type("exit\r");
    EXPECT_EQ(code.get(), 0);
}

TEST_F(InteractiveShellTest, RestoresTheTerminalWhenTheGuestGoesAway) {
    const auto before = terminal_.local_flags();
    auto code = start_shell(never_);
    terminal_.type("echo re''ady\r");
    terminal_.expect("ready");
    sshd_.send_signal(SIGKILL);
    EXPECT_THROW(code.get(), base::Error);
    EXPECT_EQ(terminal_.local_flags(), before);
}

TEST_F(InteractiveShellTest, RestoresTheTerminalWhenCancelled) {
    const auto before = terminal_.local_flags();
    const Cancellation scope;
    auto code = start_shell(scope);
    terminal_.type("echo re''ady\r");
    terminal_.expect("ready");
    scope.cancel(base::CancelCause::User);
    EXPECT_THROW(code.get(), base::Cancelled);
    EXPECT_EQ(terminal_.local_flags(), before);
}

TEST_F(InteractiveShellTest, EndsWithItsInputWhereThatIsNoTerminal) {
    auto input = os::make_pipe();
    auto output = os::make_pipe();
    os::write_all(input.write_end.get(), "exit 9\n");
    input.write_end.reset();
    EXPECT_EQ(
        guest_->interactive_shell(
            never_.child(20s), {.input = input.read_end.get(), .output = output.write_end.get()}),
        9);
}

}  // namespace
}  // namespace ingot::guest
