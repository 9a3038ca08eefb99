// SPDX-License-Identifier: Apache-2.0
#include "os/terminal.h"

#include <csignal>

#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <unistd.h>

namespace ingot::os {
namespace {

struct PseudoTerminal {
    PseudoTerminal() {
        int master = -1;
        int slave = -1;
        winsize size{};
        size.ws_col = 132;
        size.ws_row = 43;
        EXPECT_EQ(::openpty(&master, &slave, nullptr, nullptr, &size), 0);
        outside = Fd(master);
        inside = Fd(slave);
    }

    [[nodiscard]] tcflag_t local_flags() const {
        termios now{};
        EXPECT_EQ(::tcgetattr(inside.get(), &now), 0);
        return now.c_lflag;
    }

    Fd outside;
    Fd inside;
};

TEST(TerminalSize, IsThatOfTheTerminal) {
    const PseudoTerminal terminal;
    EXPECT_EQ(terminal_size(terminal.inside.get()), (TerminalSize{.columns = 132, .rows = 43}));
}

TEST(TerminalSize, IsNothingForAPipe) {
    EXPECT_FALSE(terminal_size(make_pipe().read_end.get()));
}

TEST(RawTerminal, IsUndoneWhenItGoes) {
    const PseudoTerminal terminal;
    const auto before = terminal.local_flags();
    {
        const RawTerminal raw(terminal.inside.get());
        EXPECT_EQ(terminal.local_flags() & static_cast<tcflag_t>(ECHO | ICANON | ISIG), 0U);
    }
    EXPECT_EQ(terminal.local_flags(), before);
}

TEST(RawTerminal, LeavesWhatIsNoTerminalAlone) {
    EXPECT_NO_THROW(RawTerminal(make_pipe().read_end.get()));
}

TEST(TerminalResizes, AreReadableUntilAcknowledged) {
    TerminalResizes resizes;
    pollfd fd{resizes.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&fd, 1, 0), 0);
    ::pthread_kill(::pthread_self(), SIGWINCH);
    EXPECT_EQ(::poll(&fd, 1, 0), 1);
    resizes.acknowledge();
    EXPECT_EQ(::poll(&fd, 1, 0), 0);
}

}  // namespace
}  // namespace ingot::os
