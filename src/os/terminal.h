// SPDX-License-Identifier: Apache-2.0
// The local terminal, for sessions that are handed to a person: its size, raw mode that is undone
// whatever happens, and changes of its size as a descriptor to poll. What is shown there is the
// caller's business.
#pragma once

#include "os/fd.h"

#include <csignal>
#include <optional>

#include <termios.h>

namespace ingot::os {

struct TerminalSize {
    int columns = 80;
    int rows = 24;

    bool operator==(const TerminalSize&) const = default;
};

// Nothing if `fd` is no terminal.
[[nodiscard]] std::optional<TerminalSize> terminal_size(int fd);

// Every key goes through as it is, Ctrl-C too, for as long as the object lives. Does nothing where
// `fd` is no terminal.
class RawTerminal {
  public:
    explicit RawTerminal(int fd);
    ~RawTerminal();
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;

  private:
    int fd_;
    std::optional<termios> before_;
};

// SIGWINCH as a descriptor. Blocks the signal in the calling thread while it lives; a thread that
// has it unblocked may swallow a change.
class TerminalResizes {
  public:
    TerminalResizes();
    ~TerminalResizes();
    TerminalResizes(const TerminalResizes&) = delete;
    TerminalResizes& operator=(const TerminalResizes&) = delete;

    // Readable after a change, until acknowledged.
    [[nodiscard]] int fd() const { return signals_.get(); }

    void acknowledge();

  private:
    sigset_t before_{};
    Fd signals_;
};

}  // namespace ingot::os
