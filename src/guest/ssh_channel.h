// SPDX-License-Identifier: Apache-2.0
// One channel of a session: a command or a shell in the guest. It collects output in the order in
// which it arrived, over both streams, and how the command ended. Waiting is SshSession::wait()'s
// job; output grows only in there.
#pragma once

#include "base/cancellation.h"
#include "guest/communicator.h"
#include "guest/ssh_session.h"
#include "os/terminal.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

namespace ingot::guest {

struct OutputChunk {
    GuestStream stream = GuestStream::Out;
    std::string bytes;
};

class SshChannel {
  public:
    // Opens it. This and the requests throw GuestConnectionLost.
    SshChannel(SshSession& session, const base::Cancellation& cancellation);
    ~SshChannel();
    SshChannel(const SshChannel&) = delete;
    SshChannel& operator=(const SshChannel&) = delete;

    void execute(const std::string& command, const base::Cancellation& cancellation);
    void start_shell(const std::string& terminal_type,
                     const os::TerminalSize& size,
                     const base::Cancellation& cancellation);
    void resize(const os::TerminalSize& size);

    // Queues what the guest is ready to take; returns how many bytes that was, maybe 0.
    [[nodiscard]] std::size_t write(std::string_view bytes);
    void end_input();

    [[nodiscard]] std::vector<OutputChunk> take_output();

    [[nodiscard]] bool closed() const { return events_.closed; }

    // 128 + n if signal n ended the command; empty until it has ended.
    [[nodiscard]] std::optional<int> exit_code() const { return events_.exit_code; }

  private:
    struct Events {
        std::vector<OutputChunk> output;
        std::optional<int> exit_code;
        bool closed = false;
    };

    void listen();
    void free();
    void request(const std::string& what,
                 const std::function<int()>& call,
                 const base::Cancellation& cancellation);

    SshSession& session_;
    ssh_channel channel_;
    Events events_;
    ssh_channel_callbacks_struct callbacks_{};
};

}  // namespace ingot::guest
