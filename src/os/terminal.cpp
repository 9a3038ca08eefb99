// SPDX-License-Identifier: Apache-2.0
#include "os/terminal.h"

#include "base/error.h"

#include <cerrno>

#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace ingot::os {

std::optional<TerminalSize> terminal_size(int fd) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0) {
        return std::nullopt;
    }
    // A serial line does not know its size and says 0.
    if (size.ws_col == 0 || size.ws_row == 0) {
        return TerminalSize{};
    }
    return TerminalSize{.columns = size.ws_col, .rows = size.ws_row};
}

RawTerminal::RawTerminal(int fd) : fd_(fd) {
    termios now{};
    if (::tcgetattr(fd, &now) != 0) {
        return;
    }
    before_ = now;
    ::cfmakeraw(&now);
    if (::tcsetattr(fd, TCSADRAIN, &now) != 0) {
        throw base::SystemError(errno, "setting the terminal to raw mode");
    }
}

RawTerminal::~RawTerminal() {
    if (before_) {
        ::tcsetattr(fd_, TCSADRAIN, &*before_);
    }
}

TerminalResizes::TerminalResizes() {
    sigset_t resizes;
    sigemptyset(&resizes);
    sigaddset(&resizes, SIGWINCH);
    ::pthread_sigmask(SIG_BLOCK, &resizes, &before_);
    signals_ = Fd(::signalfd(-1, &resizes, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_) {
        const int failure = errno;
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
        throw base::SystemError(failure, "making a signalfd");
    }
}

TerminalResizes::~TerminalResizes() {
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void TerminalResizes::acknowledge() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    }
}

}  // namespace ingot::os
