// SPDX-License-Identifier: Apache-2.0
#include "arm/template_language/utc_format.h"

#include <chrono>

#include <fmt/format.h>

namespace ingot::arm {
namespace {

struct CivilTime {
    int year;
    unsigned month;
    unsigned day;
    std::int64_t hour;
    std::int64_t minute;
    std::int64_t second;
    std::int64_t millisecond;
};

CivilTime civil_time(base::Timestamp time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return {static_cast<int>(date.year()),
            static_cast<unsigned>(date.month()),
            static_cast<unsigned>(date.day()),
            clock.hours().count(),
            clock.minutes().count(),
            clock.seconds().count(),
            clock.subseconds().count()};
}

// One run of the same letter.
std::optional<std::string> field(const CivilTime& time, char letter, std::size_t width) {
    const auto number = [&](std::int64_t n) { return fmt::format("{:0{}}", n, width); };
    switch (letter) {
        case 'y':
            return width == 4   ? std::optional(number(time.year))
                   : width == 2 ? std::optional(number(time.year % 100))
                                : std::nullopt;
        case 'f':
            return width <= 3
                       ? std::optional(fmt::format("{:03}", time.millisecond).substr(0, width))
                       : std::nullopt;
        default:
            break;
    }
    if (width > 2) {
        return std::nullopt;
    }
    switch (letter) {
        case 'M':
            return number(time.month);
        case 'd':
            return number(time.day);
        case 'H':
            return number(time.hour);
        case 'm':
            return number(time.minute);
        case 's':
            return number(time.second);
        default:
            return std::nullopt;
    }
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string_view standard_format(std::string_view format) {
    if (format == "d") {
        return "MM/dd/yyyy";
    }
    if (format == "s") {
        return "yyyy-MM-ddTHH:mm:ss";
    }
    return format == "u" ? "yyyy-MM-dd HH:mm:ssZ" : format;
}

}  // namespace

std::optional<std::string> format_utc(base::Timestamp time, std::string_view format) {
    const CivilTime civil = civil_time(time);
    std::string text;
    format = standard_format(format);
    while (!format.empty()) {
        const char c = format.front();
        std::size_t width = std::min(format.find_first_not_of(c), format.size());
        if (c == '\'') {
            const auto close = format.find('\'', 1);
            if (close == std::string_view::npos) {
                return std::nullopt;
            }
            text += format.substr(1, close - 1);
            width = close + 1;
        } else if (!is_letter(c) || c == 'T' || c == 'Z') {
            text += format.substr(0, width);
        } else if (const auto number = field(civil, c, width)) {
            text += *number;
        } else {
            return std::nullopt;
        }
        format.remove_prefix(width);
    }
    return text;
}

}  // namespace ingot::arm
