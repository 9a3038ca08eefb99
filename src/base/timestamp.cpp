// SPDX-License-Identifier: Apache-2.0
#include "base/timestamp.h"

#include <cmath>
#include <cstdio>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace ingot::base {
namespace {

// Not by to_time_t: it counts in nanoseconds, and those end in the year 2262.
std::tm utc(std::chrono::sys_seconds seconds) {
    return fmt::gmtime(static_cast<std::time_t>(seconds.time_since_epoch().count()));
}

}  // namespace

Timestamp now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
}

std::string to_rfc3339(Timestamp time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", utc(seconds), (time - seconds).count());
}

std::optional<Timestamp> from_rfc3339(std::string_view text) {
    const std::string copy(text);
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    int hour = 0;
    int minute = 0;
    double second = 0;
    if (std::sscanf(
            copy.c_str(), "%d-%u-%uT%d:%d:%lfZ", &year, &month, &day, &hour, &minute, &second) !=
        6) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{
        std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
    const bool is_time = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 &&
                         second < 61;  // with a leap second
    if (!date.ok() || !is_time) {
        return std::nullopt;
    }
    return Timestamp(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                     std::chrono::minutes(minute) +
                     std::chrono::milliseconds(std::lround(second * 1000.0)));
}

std::string to_compact(Timestamp time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    return fmt::format("{:%Y%m%d%H%M%S}", utc(seconds));
}

}  // namespace ingot::base
