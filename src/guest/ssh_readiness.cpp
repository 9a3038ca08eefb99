// SPDX-License-Identifier: Apache-2.0
// Waiting for a booting guest's sshd. Three things make this more than a connect: a user-mode
// network accepts the connection before the guest listens, and then resets it or says nothing; the
// guest's TCP stack backs off, so that an old connection may come alive seconds after a new one
// would have; and an emulated sshd takes its time even when it does answer. So a new attempt is
// started beside the old ones every few seconds, and the first that hears a byte wins.
#include "base/error.h"
#include "guest/ssh_communicator.h"
#include "guest/ssh_session.h"
#include "os/wait.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/socket.h>

namespace ingot::guest {
namespace {

using base::Cancellation;
using base::Error;
using base::ErrorKind;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kFirstPause = 50ms;
constexpr std::chrono::milliseconds kLongestPause = 250ms;
// How long an attempt is alone: a quarter of the time waited so far, since one that QEMU's network
// has accepted is repeated there for a minute, and every one that gets through in the end costs the
// guest a process when it has the most to do.
constexpr std::chrono::milliseconds kLeastPatience = 1s;
constexpr std::chrono::milliseconds kMostPatience = 3s;
// sshd's MaxStartups begins at 10.
constexpr std::size_t kMostAttemptsAtOnce = 4;
// OpenSSH 9.8 and newer refuse an address for a while once its failed logins, at 5 s each, add up
// to 15 s: at this pace they never do.
constexpr std::chrono::milliseconds kFirstPauseAfterDenial = 1s;
constexpr std::chrono::milliseconds kLongestPauseAfterDenial = 5s;

// Doubles from `first` to `most`.
class Pauses {
  public:
    Pauses(std::chrono::milliseconds first, std::chrono::milliseconds most)
        : next_(first), most_(most) {}

    std::chrono::milliseconds next() { return std::exchange(next_, std::min(next_ * 2, most_)); }

  private:
    std::chrono::milliseconds next_;
    std::chrono::milliseconds most_;
};

enum class Heard { Nothing, Banner, End };

Heard listen_to(int socket) {
    char byte = 0;
    const auto got = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got > 0) {
        return Heard::Banner;
    }
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? Heard::Nothing : Heard::End;
}

class Arrival {
  public:
    Arrival(GuestAccess access, const Cancellation& cancellation)
        : access_(std::move(access)), cancellation_(cancellation) {}

    std::unique_ptr<SshCommunicator> wait() {
        while (true) {
            auto socket = wait_for_banner();
            if (auto session = enter(std::move(socket))) {
                return std::make_unique<SshCommunicator>(std::move(session));
            }
        }
    }

    [[nodiscard]] std::string seen() const {
        return fmt::format("attempts: {}, {}", attempts_, last_seen_);
    }

  private:
    os::Fd wait_for_banner() {
        while (true) {
            throw_if_dead(access_);
            if (Steady::now() >= next_attempt_) {
                start_attempt();
            }
            if (auto socket = poll_attempts()) {
                open_.clear();
                return std::move(*socket);
            }
        }
    }

    void start_attempt() {
        ++attempts_;
        next_attempt_ = Steady::now() + patience();
        if (open_.size() == kMostAttemptsAtOnce) {
            open_.erase(open_.begin());
        }
        try {
            open_.push_back(access_.dial(cancellation_));
            last_seen_ = "the last was accepted but nothing was said";
        } catch (const Error& error) {
            note_failure(error.message());
        }
    }

    // The first attempt that heard something. Returns with nothing when it is time for a new one.
    std::optional<os::Fd> poll_attempts() {
        std::vector<pollfd> fds = {{access_.alive_fd, POLLIN, 0}};
        for (const auto& socket : open_) {
            fds.push_back({socket.get(), POLLIN, 0});
        }
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(next_attempt_ - Steady::now());
        if (!os::wait_for_any(fds, cancellation_, std::max(left, 0ms))) {
            return std::nullopt;
        }
        for (std::size_t i = open_.size(); i-- > 0;) {
            const auto heard = fds[i + 1].revents != 0 ? listen_to(open_[i].get()) : Heard::Nothing;
            if (heard == Heard::Banner) {
                return std::move(open_[i]);
            }
            if (heard == Heard::End) {
                open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(i));
                note_failure("it was closed before anything was said");
            }
        }
        return std::nullopt;
    }

    [[nodiscard]] std::chrono::milliseconds patience() const {
        const auto waited = Steady::now() - began_;
        return std::clamp(std::chrono::duration_cast<std::chrono::milliseconds>(waited / 4),
                          kLeastPatience,
                          kMostPatience);
    }

    void note_failure(const std::string& what) {
        last_seen_ = "the last failed: " + what;
        next_attempt_ = Steady::now() + pauses_.next();
    }

    // Nothing if the guest is not ready for us yet.
    std::unique_ptr<SshSession> enter(os::Fd socket) {
        try {
            auto session = std::make_unique<SshSession>(std::move(socket), access_);
            session->handshake(cancellation_);
            last_seen_ = "the last got as far as the login";
            if (session->log_in(cancellation_)) {
                return session;
            }
            last_seen_ = fmt::format("the last was denied as user {}", access_.identity.user);
            next_attempt_ = Steady::now() + denials_.next();
        } catch (const Error& error) {
            if (error.code() != "GuestConnectionLost") {
                throw;
            }
            throw_if_dead(access_);
            note_failure(error.message());
        }
        return nullptr;
    }

    GuestAccess access_;
    const Cancellation& cancellation_;
    std::vector<os::Fd> open_;  // oldest first
    const Steady::time_point began_ = Steady::now();
    Steady::time_point next_attempt_ = began_;
    Pauses pauses_{kFirstPause, kLongestPause};
    Pauses denials_{kFirstPauseAfterDenial, kLongestPauseAfterDenial};
    int attempts_ = 0;
    std::string last_seen_ = "nothing was seen";
};

}  // namespace

std::unique_ptr<SshCommunicator> wait_until_ready(GuestAccess access,
                                                  const Cancellation& cancellation) {
    const auto start = Steady::now();
    Arrival arrival(std::move(access), cancellation);
    try {
        return arrival.wait();
    } catch (const base::Cancelled& cancelled) {
        if (cancelled.cause() != base::CancelCause::Timeout) {
            throw;
        }
        const std::chrono::duration<double> waited = Steady::now() - start;
        throw Error(
            ErrorKind::GuestFailed,
            "GuestDidNotAnswer",
            fmt::format("the guest did not let us in within {:.1f} s ({}); the VM's console may "
                        "tell why",
                        waited.count(),
                        arrival.seen()));
    }
}

}  // namespace ingot::guest
