// SPDX-License-Identifier: Apache-2.0
// Counters of the service in Prometheus's text format. Counting costs nothing worth measuring; what
// is exported is listed in docs/operations.md.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace ingot::daemon {

class Metrics {
  public:
    void count_request(int status, std::chrono::microseconds took);

    struct Gauges {
        std::size_t runs_running = 0;
        std::size_t runs_waiting = 0;
        std::size_t followers = 0;
    };

    // Any thread.
    [[nodiscard]] std::string text(const Gauges& gauges) const;

  private:
    static constexpr std::array<double, 8> kBuckets = {
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5};

    std::array<std::atomic<std::uint64_t>, 6> by_class_{};  // 1xx to 5xx; [0] is unused
    std::array<std::atomic<std::uint64_t>, kBuckets.size() + 1> by_time_{};
    std::atomic<std::uint64_t> microseconds_{};
};

}  // namespace ingot::daemon
