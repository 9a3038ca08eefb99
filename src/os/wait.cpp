// SPDX-License-Identifier: Apache-2.0
#include "os/wait.h"

#include "base/error.h"
#include "os/fd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <stop_token>
#include <vector>

#include <sys/eventfd.h>
#include <unistd.h>

namespace ingot::os {
namespace {

using Steady = std::chrono::steady_clock;

int poll_timeout(std::optional<Steady::time_point> until) {
    if (!until) {
        return -1;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Steady::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000'000));
}

std::optional<Steady::time_point> earlier(std::optional<Steady::time_point> a,
                                          std::optional<Steady::time_point> b) {
    return a && b ? std::min(*a, *b) : (a ? a : b);
}

}  // namespace

bool wait_for_any(std::span<pollfd> fds,
                  const base::Cancellation& cancellation,
                  std::optional<std::chrono::milliseconds> timeout) {
    const Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake) {
        throw base::SystemError(errno, "making an eventfd");
    }
    const std::stop_callback on_stop(cancellation.token(), [&wake] {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto ignored = ::write(wake.get(), &one, sizeof one);
    });
    const auto own_end =
        timeout ? std::optional<Steady::time_point>(Steady::now() + *timeout) : std::nullopt;
    const auto end = earlier(own_end, cancellation.deadline());

    std::vector<pollfd> all(fds.begin(), fds.end());
    all.push_back({wake.get(), POLLIN, 0});
    while (true) {
        cancellation.throw_if_cancelled();
        const int ready = ::poll(all.data(), all.size(), poll_timeout(end));
        if (ready < 0 && errno != EINTR) {
            throw base::SystemError(errno, "waiting for file descriptors");
        }
        cancellation.throw_if_cancelled();
        std::copy_n(all.begin(), fds.size(), fds.begin());
        if (ready > 0) {
            return true;
        }
        if (ready == 0 && own_end && Steady::now() >= *own_end) {
            return false;
        }
    }
}

bool wait_readable(int fd,
                   const base::Cancellation& cancellation,
                   std::optional<std::chrono::milliseconds> timeout) {
    std::array<pollfd, 1> fds = {pollfd{fd, POLLIN, 0}};
    return wait_for_any(fds, cancellation, timeout);
}

bool wait_writable(int fd,
                   const base::Cancellation& cancellation,
                   std::optional<std::chrono::milliseconds> timeout) {
    std::array<pollfd, 1> fds = {pollfd{fd, POLLOUT, 0}};
    return wait_for_any(fds, cancellation, timeout);
}

void pause_for(std::chrono::milliseconds duration, const base::Cancellation& cancellation) {
    [[maybe_unused]] const bool event = wait_for_any({}, cancellation, duration);
}

}  // namespace ingot::os
