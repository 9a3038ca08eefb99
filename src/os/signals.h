// SPDX-License-Identifier: Apache-2.0
// Ctrl-C and its relatives as cancellation: the signals are blocked everywhere and one thread hears
// them. Make one object at the top of main, before any other thread exists.
#pragma once

#include "base/cancellation.h"
#include "os/fd.h"

#include <functional>
#include <thread>

namespace ingot::os {

class SignalListener {
  public:
    // Calls `on_signal` with SIGINT, SIGTERM or SIGHUP for each that arrives, on its own thread.
    explicit SignalListener(std::function<void(int signal)> on_signal);
    ~SignalListener();
    SignalListener(const SignalListener&) = delete;
    SignalListener& operator=(const SignalListener&) = delete;

  private:
    Fd signals_;
    base::Cancellation stop_;
    std::jthread thread_;
};

// Runs `on_hangup` on its own thread once `fd` hangs up (its other end was closed).
class HangupListener {
  public:
    HangupListener(int fd, std::function<void()> on_hangup);
    ~HangupListener();
    HangupListener(const HangupListener&) = delete;
    HangupListener& operator=(const HangupListener&) = delete;

  private:
    base::Cancellation stop_;
    std::jthread thread_;
};

}  // namespace ingot::os
