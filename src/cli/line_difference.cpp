// SPDX-License-Identifier: Apache-2.0
#include "cli/line_difference.h"

#include <algorithm>

#include <fmt/format.h>

namespace ingot::cli {
namespace {

using Lines = std::vector<std::string_view>;

// Beyond this the table of the subsequence would be too large; then all lines count as changed.
constexpr std::size_t kMostLinesCompared = 2000;
constexpr std::size_t kMostShown = 40;

Lines lines_of(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

// lengths[i][k]: of the longest common subsequence of what follows i and k.
std::vector<std::vector<std::size_t>> common_lengths(const Lines& a, const Lines& b) {
    std::vector<std::vector<std::size_t>> lengths(a.size() + 1,
                                                  std::vector<std::size_t>(b.size() + 1));
    for (auto i = a.size(); i-- > 0;) {
        for (auto k = b.size(); k-- > 0;) {
            lengths[i][k] = a[i] == b[k] ? lengths[i + 1][k + 1] + 1
                                         : std::max(lengths[i + 1][k], lengths[i][k + 1]);
        }
    }
    return lengths;
}

std::vector<std::string> changed_lines(const Lines& a, const Lines& b) {
    const bool small = a.size() <= kMostLinesCompared && b.size() <= kMostLinesCompared;
    const auto common = small ? common_lengths(a, b) : std::vector<std::vector<std::size_t>>();
    std::vector<std::string> changes;
    std::size_t i = 0;
    std::size_t k = 0;
    while (i < a.size() || k < b.size()) {
        if (small && i < a.size() && k < b.size() && a[i] == b[k]) {
            ++i;
            ++k;
        } else if (i < a.size() &&
                   (k == b.size() || !small || common[i + 1][k] >= common[i][k + 1])) {
            changes.push_back(fmt::format("- {}", a[i++]));
        } else {
            changes.push_back(fmt::format("+ {}", b[k++]));
        }
    }
    return changes;
}

}  // namespace

std::vector<std::string> line_difference(std::string_view before, std::string_view after) {
    auto changes = changed_lines(lines_of(before), lines_of(after));
    if (changes.size() > kMostShown) {
        const auto more = changes.size() - kMostShown;
        changes.resize(kMostShown);
        changes.push_back(fmt::format("… and {} more", more));
    }
    return changes;
}

}  // namespace ingot::cli
