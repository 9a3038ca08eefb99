// SPDX-License-Identifier: Apache-2.0
#include "guest/ssh_channel.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace ingot::guest {
namespace {

// RFC 4254 6.10 names signals without SIG; OpenSSH adds "SIGxxx@openssh.com" for the rest, which
// nobody maps back, so those count as a plain failure.
int exit_code_of_signal(std::string_view name) {
    for (int number = 1; number < NSIG; ++number) {
        const char* known = ::sigabbrev_np(number);
        if (known != nullptr && name == known) {
            return 128 + number;
        }
    }
    return 128;
}

}  // namespace

SshChannel::SshChannel(SshSession& session, const base::Cancellation& cancellation)
    : session_(session), channel_(ssh_channel_new(session.handle())) {
    if (channel_ == nullptr) {
        session_.fail("no channel could be made");
    }
    listen();
    try {
        request(
            "opening a channel",
            [this] { return ssh_channel_open_session(channel_); },
            cancellation);
    } catch (...) {
        free();
        throw;
    }
}

SshChannel::~SshChannel() {
    free();
}

// libssh keeps a channel until the guest has closed it too, so it must forget us first.
void SshChannel::free() {
    ssh_remove_channel_callbacks(channel_, &callbacks_);
    ssh_channel_free(channel_);
}

// libssh calls these from within SshSession::wait(). They only note what happened: nothing may be
// thrown through libssh, and handlers run later.
void SshChannel::listen() {
    callbacks_.userdata = &events_;
    callbacks_.channel_data_function = [](ssh_session,
                                          ssh_channel,
                                          void* data,
                                          std::uint32_t size,
                                          int is_error,
                                          void* user) noexcept -> int {
        auto& output = static_cast<Events*>(user)->output;
        const auto stream = is_error != 0 ? GuestStream::Err : GuestStream::Out;
        if (output.empty() || output.back().stream != stream) {
            output.push_back({stream, {}});
        }
        output.back().bytes.append(static_cast<const char*>(data), size);
        return static_cast<int>(size);
    };
    callbacks_.channel_exit_status_function =
        [](ssh_session, ssh_channel, int code, void* user) noexcept {
            static_cast<Events*>(user)->exit_code = code;
        };
    callbacks_.channel_exit_signal_function = [](ssh_session,
                                                 ssh_channel,
                                                 const char* signal,
                                                 int,
                                                 const char*,
                                                 const char*,
                                                 void* user) noexcept {
        static_cast<Events*>(user)->exit_code = exit_code_of_signal(signal);
    };
    callbacks_.channel_close_function = [](ssh_session, ssh_channel, void* user) noexcept {
        static_cast<Events*>(user)->closed = true;
    };
    ssh_callbacks_init(&callbacks_);
    ssh_set_channel_callbacks(channel_, &callbacks_);
}

void SshChannel::request(const std::string& what,
                         const std::function<int()>& call,
                         const base::Cancellation& cancellation) {
    if (session_.complete(call, cancellation) != SSH_OK) {
        session_.fail(what + " failed");
    }
}

void SshChannel::execute(const std::string& command, const base::Cancellation& cancellation) {
    request(
        "starting a command",
        [&] { return ssh_channel_request_exec(channel_, command.c_str()); },
        cancellation);
}

void SshChannel::start_shell(const std::string& terminal_type,
                             const os::TerminalSize& size,
                             const base::Cancellation& cancellation) {
    const auto request_terminal = [&] {
        return ssh_channel_request_pty_size(
            channel_, terminal_type.c_str(), size.columns, size.rows);
    };
    request("asking for a terminal", request_terminal, cancellation);
    request(
        "starting a shell", [this] { return ssh_channel_request_shell(channel_); }, cancellation);
}

void SshChannel::resize(const os::TerminalSize& size) {
    ssh_channel_change_pty_size(channel_, size.columns, size.rows);
}

std::size_t SshChannel::write(std::string_view bytes) {
    constexpr std::size_t kMost = std::numeric_limits<int>::max();
    const auto size = static_cast<std::uint32_t>(std::min(bytes.size(), kMost));
    const int written = ssh_channel_write(channel_, bytes.data(), size);
    // An error here is a channel or connection that has just ended: the next wait reports it.
    return written > 0 ? static_cast<std::size_t>(written) : 0;
}

void SshChannel::end_input() {
    ssh_channel_send_eof(channel_);
}

std::vector<OutputChunk> SshChannel::take_output() {
    return std::exchange(events_.output, {});
}

}  // namespace ingot::guest
