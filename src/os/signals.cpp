// SPDX-License-Identifier: Apache-2.0
#include "os/signals.h"

#include "base/error.h"
#include "os/wait.h"

#include <cerrno>
#include <csignal>
#include <utility>

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace ingot::os {
namespace {

Fd open_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        sigaddset(&set, signal);
    }
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    Fd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd) {
        throw base::SystemError(errno, "listening to signals");
    }
    return fd;
}

void listen(int fd, const base::Cancellation& stop, const std::function<void()>& on_event) {
    try {
        while (wait_readable(fd, stop)) {
            on_event();
        }
    } catch (const base::Cancelled&) {  // NOLINT(bugprone-empty-catch): told to stop
    }
}

}  // namespace

SignalListener::SignalListener(std::function<void(int signal)> on_signal)
    : signals_(open_signals()), thread_([this, act = std::move(on_signal)] {
          listen(signals_.get(), stop_, [&] {
              signalfd_siginfo info{};
              if (::read(signals_.get(), &info, sizeof info) == sizeof info) {
                  act(static_cast<int>(info.ssi_signo));
              }
          });
      }) {}

SignalListener::~SignalListener() {
    stop_.cancel(base::CancelCause::Shutdown);
}

HangupListener::HangupListener(int fd, std::function<void()> on_hangup)
    : thread_([this, fd, act = std::move(on_hangup)] {
          listen(fd, stop_, [&] {
              act();
              stop_.cancel(base::CancelCause::Shutdown);
          });
      }) {}

HangupListener::~HangupListener() {
    stop_.cancel(base::CancelCause::Shutdown);
}

}  // namespace ingot::os
