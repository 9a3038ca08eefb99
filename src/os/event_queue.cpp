// SPDX-License-Identifier: Apache-2.0
#include "os/event_queue.h"

#include "base/error.h"

#include <cerrno>
#include <limits>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace ingot::os {
namespace {

using base::SystemError;

constexpr EventQueue::Token kClosed = std::numeric_limits<EventQueue::Token>::max();

std::uint32_t events_of(Interest interest) {
    switch (interest) {
        case Interest::Readable:
            return EPOLLIN | EPOLLRDHUP;
        case Interest::Writable:
            return EPOLLOUT;
        case Interest::Both:
            return EPOLLIN | EPOLLRDHUP | EPOLLOUT;
    }
    return 0;
}

epoll_event one_shot(EventQueue::Token token, Interest interest) {
    epoll_event event{};
    event.events = events_of(interest) | EPOLLONESHOT;
    event.data.u64 = token;
    return event;
}

}  // namespace

EventQueue::EventQueue()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), closed_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    // Level-triggered and never read: once written, it wakes every thread for good.
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = kClosed;
    if (!epoll_ || !closed_ ||
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, closed_.get(), &event) != 0) {
        throw SystemError(errno, "making an event queue");
    }
}

void EventQueue::watch(int fd, Token token, Interest interest) {
    auto event = one_shot(token, interest);
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
        throw SystemError(errno, "watching a descriptor");
    }
}

void EventQueue::arm(int fd, Token token, Interest interest) noexcept {
    auto event = one_shot(token, interest);
    // Fails only for a descriptor that is not watched, which is a mistake of the caller.
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

std::optional<EventQueue::Token> EventQueue::next() {
    while (true) {
        // One at a time: a thread that blocks must not sit on events that others could serve.
        epoll_event event{};
        const int got = ::epoll_wait(epoll_.get(), &event, 1, -1);
        if (got == 1) {
            const Token token = event.data.u64;
            return token == kClosed ? std::nullopt : std::optional(token);
        }
        if (got < 0 && errno != EINTR) {
            throw SystemError(errno, "waiting for events");
        }
    }
}

void EventQueue::close() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(closed_.get(), &one, sizeof one);
}

}  // namespace ingot::os
