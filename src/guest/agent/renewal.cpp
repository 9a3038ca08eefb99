// SPDX-License-Identifier: Apache-2.0
#include "guest/agent/renewal.h"

#include "guest/agent/descriptor.h"
#include "guest/agent_protocol.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include <fcntl.h>
#include <linux/random.h>
#include <sys/ioctl.h>

namespace ingot::guest::agent {
namespace {

// struct rand_pool_info ends in an array of no size, which C++ does not know.
struct EntropyForPool {
    int bits = 0;
    int bytes = 0;
    std::array<char, kMostEntropy> buffer{};
};

std::string stir_in(std::string_view entropy) {
    const Descriptor random(::open("/dev/urandom", O_RDWR | O_CLOEXEC));
    if (!random) {
        return failure(errno, "opening /dev/urandom");
    }
    EntropyForPool pool;
    pool.bits = static_cast<int>(entropy.size()) * 8;
    pool.bytes = static_cast<int>(entropy.size());
    std::ranges::copy(entropy, pool.buffer.begin());
    if (::ioctl(random.get(), RNDADDENTROPY, &pool) != 0) {
        return failure(errno, "adding entropy");
    }
    // Before Linux 4.17 there is no such request, and the kernel reseeds in its own time.
    if (::ioctl(random.get(), RNDRESEEDCRNG, 0) != 0 && errno != EINVAL && errno != ENOTTY) {
        return failure(errno, "reseeding the random number generator");
    }
    return {};
}

}  // namespace

std::string renew(const Renewal& renewal) {
    if (renewal.entropy.size() < kLeastEntropy || renewal.entropy.size() > kMostEntropy) {
        return "too little or too much entropy";
    }
    if (auto words = stir_in(renewal.entropy); !words.empty()) {
        return words;
    }
    const timespec now = {static_cast<time_t>(renewal.seconds),
                          static_cast<long>(renewal.nanoseconds)};
    return ::clock_settime(CLOCK_REALTIME, &now) == 0 ? std::string()
                                                      : failure(errno, "setting the clock");
}

}  // namespace ingot::guest::agent
