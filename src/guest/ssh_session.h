// SPDX-License-Identifier: Apache-2.0
// One libssh session over a socket that is already connected, driven without ever blocking inside
// libssh: handshake, host key check, login, and the wait that everything above it (channels) turns
// on. What flows through channels is the job of ssh_channel.h.
#pragma once

#include "base/cancellation.h"
#include "base/freed.h"
#include "guest/ssh_communicator.h"
#include "os/fd.h"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <libssh/libssh.h>
#include <poll.h>

namespace ingot::guest {

// Throws if the VM is known to have died: what check_alive throws, or GuestConnectionLost.
void throw_if_dead(const GuestAccess& access);

class SshSession {
  public:
    SshSession(os::Fd socket, GuestAccess access);
    ~SshSession();
    SshSession(const SshSession&) = delete;
    SshSession& operator=(const SshSession&) = delete;

    // Key exchange and host key check. Throws Error{GuestFailed}: "HostKeyMismatch" if the key is
    // not the pinned one, "GuestConnectionLost" for all else.
    void handshake(const base::Cancellation& cancellation);
    // One attempt with the key; false if the guest denies it.
    [[nodiscard]] bool log_in(const base::Cancellation& cancellation);

    // Waits for the guest or one of `beside` (revents are filled in) and takes in what has come.
    // False if `timeout` passed first. A connection that ends is reported by the *next* wait, as
    // Error{GuestFailed, "GuestConnectionLost"}, so that what came before can be handled.
    bool wait(const base::Cancellation& cancellation,
              std::span<pollfd> beside = {},
              std::optional<std::chrono::milliseconds> timeout = std::nullopt);

    // Repeats a libssh call until it no longer answers SSH_AGAIN.
    int complete(const std::function<int()>& call, const base::Cancellation& cancellation);

    [[nodiscard]] bool lost() const { return lost_.has_value(); }

    // For a libssh call that failed: throws GuestConnectionLost saying what could not be done.
    [[noreturn]] void fail(const std::string& what) const;

    [[nodiscard]] ssh_session handle() const { return session_.get(); }

  private:
    void set_option(ssh_options_e option, const void* value);
    void check_host_key();
    void take_in();
    void after_silence();

    os::Fd socket_;
    GuestAccess access_;
    ssh_counter_struct traffic_{};  // counted by session_ until it is freed
    std::unique_ptr<ssh_session_struct, base::Freed<ssh_free>> session_;
    std::unique_ptr<ssh_event_struct, base::Freed<ssh_event_free>> event_;
    std::optional<std::string> lost_;  // why
    std::uint64_t heard_bytes_ = 0;    // traffic_.in_bytes when last asked
    int silent_intervals_ = 0;
    bool logged_in_ = false;
};

}  // namespace ingot::guest
