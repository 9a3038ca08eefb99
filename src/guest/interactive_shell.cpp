// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "guest/ssh_channel.h"
#include "guest/ssh_communicator.h"
#include "guest/ssh_session.h"
#include "os/terminal.h"
#include "os/wait.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#include <unistd.h>

namespace ingot::guest {
namespace {

using base::Cancellation;

// A terminal or pipe that is writable takes this much without blocking.
constexpr std::size_t kUnblockedWrite = 4096;

std::string terminal_type() {
    const char* type = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): nobody sets it
    return type != nullptr ? type : "dumb";
}

class Shell {
  public:
    Shell(SshSession& session, const ShellStreams& streams, const Cancellation& cancellation)
        : session_(session),
          streams_(streams),
          cancellation_(cancellation),
          size_(os::terminal_size(streams.input).value_or(os::TerminalSize{})),
          channel_(session, cancellation) {}

    int run() {
        channel_.start_shell(terminal_type(), size_, cancellation_);
        const os::RawTerminal raw(streams_.input);
        while (!channel_.closed() && !(channel_.exit_code() && session_.lost())) {
            pump();
        }
        return channel_.exit_code().value_or(0);
    }

  private:
    void pump() {
        // While the guest does not take what was typed, nothing more is read.
        const bool reading = !input_ended_ && typed_.empty();
        std::array<pollfd, 2> fds = {pollfd{reading ? streams_.input : -1, POLLIN, 0},
                                     pollfd{resizes_.fd(), POLLIN, 0}};
        session_.wait(cancellation_, fds);
        show_output();
        if (fds[0].revents != 0) {
            read_input();
        }
        follow_size();  // before what is typed into the new size
        typed_.erase(0, channel_.write(typed_));
    }

    void show_output() {
        for (const auto& chunk : channel_.take_output()) {
            std::string_view left = chunk.bytes;
            while (!left.empty()) {
                [[maybe_unused]] const bool event =
                    os::wait_writable(streams_.output, cancellation_);
                os::write_all(streams_.output, left.substr(0, kUnblockedWrite));
                left.remove_prefix(std::min(left.size(), kUnblockedWrite));
            }
        }
    }

    void read_input() {
        std::array<char, 4096> buffer{};
        const auto got = ::read(streams_.input, buffer.data(), buffer.size());
        if (got > 0) {
            typed_.append(buffer.data(), static_cast<std::size_t>(got));
        } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
            channel_.end_input();
            input_ended_ = true;
        }
    }

    // Asked after every event: the signal may have gone to another thread.
    void follow_size() {
        resizes_.acknowledge();
        const auto now = os::terminal_size(streams_.input);
        if (now && *now != size_) {
            size_ = *now;
            channel_.resize(size_);
        }
    }

    SshSession& session_;
    ShellStreams streams_;
    const Cancellation& cancellation_;
    os::TerminalResizes resizes_;
    os::TerminalSize size_;
    SshChannel channel_;
    std::string typed_;
    bool input_ended_ = false;
};

}  // namespace

int SshCommunicator::interactive_shell(const Cancellation& cancellation,
                                       const ShellStreams& streams) {
    return Shell(*session_, streams, cancellation).run();
}

}  // namespace ingot::guest
