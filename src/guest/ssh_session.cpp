// SPDX-License-Identifier: Apache-2.0
#include "guest/ssh_session.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
// ssh_send_keepalive is declared with the server's functions (libssh 0.10).
#include "base/error.h"
#include "os/wait.h"

#include <libssh/server.h>

namespace ingot::guest {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::chrono::milliseconds kKeepaliveInterval = std::chrono::seconds(5);
constexpr int kSilentIntervalsAllowed = 3;
// No keepalive may be sent before the login, and an emulated guest that is still booting takes
// its time over the key exchange.
constexpr int kSilentIntervalsAllowedBeforeLogin = 6;

// How often libssh may read (some KiB each) before the caller gets to see what has come.
constexpr int kReadsPerWait = 64;

Error connection_lost(const std::string& why) {
    return {ErrorKind::GuestFailed,
            "GuestConnectionLost",
            "the connection to the guest was lost: " + why};
}

struct KeyFreer {
    void operator()(ssh_key key) const { ssh_key_free(key); }
};

using Key = std::unique_ptr<ssh_key_struct, KeyFreer>;

Error bad_key(const std::string& which) {
    return {ErrorKind::InvalidArgument,
            "InvalidSshKey",
            fmt::format("the {} for the guest is not an OpenSSH key", which)};
}

Key private_key_from(const std::string& pem) {
    ssh_key key = nullptr;
    if (ssh_pki_import_privkey_base64(pem.c_str(), nullptr, nullptr, nullptr, &key) != SSH_OK) {
        throw bad_key("private key");
    }
    return Key(key);
}

Key public_key_from(const std::string& line) {
    const auto start = line.find(' ');
    const auto end = line.find(' ', start == std::string::npos ? start : start + 1);
    const auto type = ssh_key_type_from_name(line.substr(0, start).c_str());
    ssh_key key = nullptr;
    if (start == std::string::npos ||
        ssh_pki_import_pubkey_base64(line.substr(start + 1, end - start - 1).c_str(), type, &key) !=
            SSH_OK) {
        throw bad_key("pinned host key");
    }
    return Key(key);
}

}  // namespace

void throw_if_dead(const GuestAccess& access) {
    if (access.check_alive) {
        access.check_alive();
    }
    pollfd alive{access.alive_fd, POLLIN, 0};
    if (access.alive_fd >= 0 && ::poll(&alive, 1, 0) > 0) {  // allowed: timeout 0, never waits
        throw connection_lost("its VM has ended");
    }
}

SshSession::SshSession(os::Fd socket, GuestAccess access)
    : socket_(std::move(socket)), access_(std::move(access)), session_(ssh_new()) {
    if (!session_) {
        throw Error(ErrorKind::Internal, "SshFailed", "libssh could not make a session");
    }
    const int on = 1;
    // libssh sets it only on sockets that it made itself.
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const bool no = false;
    set_option(SSH_OPTIONS_PROCESS_CONFIG, &no);  // no ~/.ssh/config, no /etc/ssh/ssh_config
    set_option(SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
    set_option(SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
    set_option(SSH_OPTIONS_USER, access_.identity.user.c_str());
    set_option(SSH_OPTIONS_HOST, "guest");  // a label for messages; nothing resolves it
    set_option(SSH_OPTIONS_KEY_EXCHANGE, "curve25519-sha256,curve25519-sha256@libssh.org");
    set_option(SSH_OPTIONS_HOSTKEYS, "ssh-ed25519");
    // Cheapest first for an emulated guest. One core under TCG, 16 KiB blocks, qemu64 / max:
    // ChaCha20- Poly1305 74 / 40 MB/s, AES-128-GCM 14 / 19, AES-128-CTR 19 / 51 but SHA-256 55 / 34
    // on top.
    for (const auto option : {SSH_OPTIONS_CIPHERS_C_S, SSH_OPTIONS_CIPHERS_S_C}) {
        set_option(option, "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes128-ctr");
    }
    for (const auto option : {SSH_OPTIONS_HMAC_C_S, SSH_OPTIONS_HMAC_S_C}) {
        set_option(option, "hmac-sha2-256-etm@openssh.com,hmac-sha2-256");
    }
    for (const auto option : {SSH_OPTIONS_COMPRESSION_C_S, SSH_OPTIONS_COMPRESSION_S_C}) {
        set_option(option, "none");
    }
    ssh_set_blocking(session_.get(), 0);
    ssh_set_counters(session_.get(), &traffic_, nullptr);
}

SshSession::~SshSession() {
    if (event_) {
        ssh_event_remove_session(event_.get(), session_.get());
    }
}

void SshSession::set_option(ssh_options_e option, const void* value) {
    if (ssh_options_set(session_.get(), option, value) != SSH_OK) {
        throw Error(ErrorKind::Internal,
                    "SshFailed",
                    fmt::format("libssh refuses option {}: {}",
                                static_cast<int>(option),
                                ssh_get_error(session_.get())));
    }
}

void SshSession::handshake(const base::Cancellation& cancellation) {
    // libssh closes the descriptor that it is given, so it gets one of its own.
    const int own = socket_.duplicate().release();
    set_option(SSH_OPTIONS_FD, &own);
    const auto connect = [this] {
        const int result = ssh_connect(session_.get());
        // libssh makes the socket blocking when it finds it connected; a send() to a guest that
        // reads no more would then hang beyond all waits.
        os::set_nonblocking(socket_.get());
        return result;
    };
    if (complete(connect, cancellation) != SSH_OK) {
        fail("the key exchange failed");
    }
    event_.reset(ssh_event_new());
    if (!event_ || ssh_event_add_session(event_.get(), session_.get()) != SSH_OK) {
        fail("libssh could not watch the session");
    }
    check_host_key();
}

void SshSession::check_host_key() {
    ssh_key offered = nullptr;
    if (ssh_get_server_publickey(session_.get(), &offered) != SSH_OK) {
        fail("the guest showed no host key");
    }
    const Key owned(offered);
    const auto pinned = public_key_from(access_.identity.host_public_key);
    if (ssh_key_cmp(offered, pinned.get(), SSH_KEY_CMP_PUBLIC) != 0) {
        throw Error(ErrorKind::GuestFailed,
                    "HostKeyMismatch",
                    "what answers at the guest's address has another host key than the one made "
                    "for it: either the image did not take ours, or this is not the guest");
    }
}

bool SshSession::log_in(const base::Cancellation& cancellation) {
    const auto key = private_key_from(access_.identity.private_key);
    int result = SSH_AUTH_AGAIN;
    while (true) {
        result = ssh_userauth_publickey(session_.get(), nullptr, key.get());
        if (result != SSH_AUTH_AGAIN) {
            break;
        }
        wait(cancellation);
    }
    if (result == SSH_AUTH_ERROR) {
        fail("the login failed");
    }
    logged_in_ = result == SSH_AUTH_SUCCESS;
    return logged_in_;
}

int SshSession::complete(const std::function<int()>& call, const base::Cancellation& cancellation) {
    int result = call();
    while (result == SSH_AGAIN) {
        wait(cancellation);
        result = call();
    }
    return result;
}

void SshSession::fail(const std::string& what) const {
    throw_if_dead(access_);
    throw connection_lost(fmt::format("{} ({})", what, ssh_get_error(session_.get())));
}

bool SshSession::wait(const base::Cancellation& cancellation,
                      std::span<pollfd> beside,
                      std::optional<std::chrono::milliseconds> timeout) {
    if (lost_) {
        throw_if_dead(access_);
        throw connection_lost(*lost_);
    }
    // Asked of libssh's count, since any call may take in what has come: on a busy host the answer
    // to a keepalive is often there before the call that sent it returns.
    if (std::exchange(heard_bytes_, traffic_.in_bytes) != traffic_.in_bytes) {
        silent_intervals_ = 0;
    }
    const bool unsent = (ssh_get_poll_flags(session_.get()) & SSH_WRITE_PENDING) != 0;
    const auto events = static_cast<short>(POLLIN | (unsent ? POLLOUT : 0));
    std::vector<pollfd> fds = {{socket_.get(), events, 0}, {access_.alive_fd, POLLIN, 0}};
    fds.insert(fds.end(), beside.begin(), beside.end());
    if (!os::wait_for_any(fds, cancellation, timeout.value_or(kKeepaliveInterval))) {
        if (!timeout) {
            after_silence();
        }
        return !timeout;
    }
    std::copy(fds.begin() + 2, fds.end(), beside.begin());
    if (fds[0].revents != 0) {
        take_in();
    }
    if (fds[1].revents != 0 && !lost_) {
        lost_ = "its VM has ended";
    }
    return true;
}

// Channels' callbacks run in here. Before there is an event, the call that waits polls by itself.
void SshSession::take_in() {
    int result = SSH_OK;
    for (int reads = 0; event_ && result == SSH_OK && reads < kReadsPerWait; ++reads) {
        result = ssh_event_dopoll(event_.get(), 0);
    }
    if (result == SSH_ERROR) {
        lost_ = ssh_get_error(session_.get());
    }
}

void SshSession::after_silence() {
    ++silent_intervals_;
    const int allowed = logged_in_ ? kSilentIntervalsAllowed : kSilentIntervalsAllowedBeforeLogin;
    if (silent_intervals_ >= allowed) {
        lost_ = fmt::format(
            "it has been silent for {} s",
            silent_intervals_ *
                std::chrono::duration_cast<std::chrono::seconds>(kKeepaliveInterval).count());
    } else if (logged_in_) {
        // libssh keeps the request open until the call after the answer, so one call collects the
        // last answer and the other asks again.
        ssh_send_keepalive(session_.get());
        ssh_send_keepalive(session_.get());
    }
}

}  // namespace ingot::guest
