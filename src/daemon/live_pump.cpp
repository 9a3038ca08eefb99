// SPDX-License-Identifier: Apache-2.0
#include "daemon/live_pump.h"

#include "base/error.h"
#include "daemon/log.h"
#include "os/wait.h"

#include <array>
#include <chrono>
#include <utility>

#include <unistd.h>

namespace ingot::daemon {
namespace {

// For journals whose worker rings somebody else's bell: one that an earlier service started.
constexpr auto kLookForNewsEvery = std::chrono::milliseconds(250);

}  // namespace

LivePump::LivePump() : bell_(os::make_pipe()) {
    os::set_nonblocking(bell_.read_end.get());
    os::set_nonblocking(bell_.write_end.get());
    thread_ = std::jthread([this] { serve(); });
}

LivePump::~LivePump() {
    stop_.cancel(base::CancelCause::User);
}

void LivePump::add(Next next, http::StreamWriter writer) {
    {
        const std::lock_guard lock(mutex_);
        followers_.push_back({std::move(next), std::move(writer)});
    }
    poke();
}

void LivePump::poke() {
    [[maybe_unused]] const auto ignored = ::write(bell_.write_end.get(), "!", 1);
}

std::size_t LivePump::followers() const {
    const std::lock_guard lock(mutex_);
    return followers_.size();
}

void LivePump::serve() {
    try {
        while (true) {
            std::array<char, 256> rings{};
            const bool idle = followers() == 0;
            const auto timeout = idle ? std::nullopt : std::optional(kLookForNewsEvery);
            if (os::wait_readable(bell_.read_end.get(), stop_, timeout)) {
                [[maybe_unused]] const auto count =
                    ::read(bell_.read_end.get(), rings.data(), rings.size());
            }
            feed_all();
        }
    } catch (const base::Cancelled&) {
    }
}

// New followers wait for their first turn while the old ones are fed, not the other way round.
void LivePump::feed_all() {
    std::list<Follower> now;
    {
        const std::lock_guard lock(mutex_);
        now.swap(followers_);
    }
    now.remove_if([](Follower& follower) { return !feed(follower); });
    const std::lock_guard lock(mutex_);
    followers_.splice(followers_.begin(), now);
}

// False when it is over.
bool LivePump::feed(Follower& follower) {
    try {
        while (follower.writer.is_open()) {
            if (follower.piece.text.empty() && !follower.piece.ended) {
                follower.piece = follower.next();
            }
            auto& text = follower.piece.text;
            if (!text.empty() && follower.writer.write(text) != http::WriteResult::Queued) {
                return follower.writer.is_open();  // a slow client gets the rest next time
            }
            const bool nothing_yet = text.empty();
            text.clear();
            if (follower.piece.ended) {
                follower.writer.close();
                return false;
            }
            if (nothing_yet) {
                return true;
            }
        }
    } catch (const base::Error& error) {
        log(Level::Error, "live", error.message());
        follower.writer.close();
    }
    return false;
}

}  // namespace ingot::daemon
