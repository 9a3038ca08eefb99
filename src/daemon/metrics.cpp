// SPDX-License-Identifier: Apache-2.0
#include "daemon/metrics.h"

#include <algorithm>

#include <fmt/format.h>

namespace ingot::daemon {

void Metrics::count_request(int status, std::chrono::microseconds took) {
    by_class_[static_cast<std::size_t>(std::clamp(status / 100, 1, 5))].fetch_add(1);
    const double seconds = std::chrono::duration<double>(took).count();
    const auto bucket = std::ranges::lower_bound(kBuckets, seconds);
    by_time_[static_cast<std::size_t>(bucket - kBuckets.begin())].fetch_add(1);
    microseconds_.fetch_add(static_cast<std::uint64_t>(took.count()));
}

std::string Metrics::text(const Gauges& gauges) const {
    std::string text = "# TYPE ingot_http_requests_total counter\n";
    for (std::size_t i = 1; i < by_class_.size(); ++i) {
        text +=
            fmt::format("ingot_http_requests_total{{class=\"{}xx\"}} {}\n", i, by_class_[i].load());
    }
    text += "# TYPE ingot_http_request_seconds histogram\n";
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < by_time_.size(); ++i) {
        sum += by_time_[i].load();
        const auto bound = i < kBuckets.size() ? fmt::format("{}", kBuckets[i]) : "+Inf";
        text += fmt::format("ingot_http_request_seconds_bucket{{le=\"{}\"}} {}\n", bound, sum);
    }
    text += fmt::format("ingot_http_request_seconds_sum {}\n",
                        static_cast<double>(microseconds_.load()) / 1e6);
    text += fmt::format("ingot_http_request_seconds_count {}\n", sum);
    text += fmt::format(
        "# TYPE ingot_runs gauge\ningot_runs{{state=\"running\"}} {}\n"
        "ingot_runs{{state=\"waiting\"}} {}\n",
        gauges.runs_running,
        gauges.runs_waiting);
    text += fmt::format("# TYPE ingot_live_followers gauge\ningot_live_followers {}\n",
                        gauges.followers);
    return text;
}

}  // namespace ingot::daemon
