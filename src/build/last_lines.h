// SPDX-License-Identifier: Apache-2.0
// The end of a script's output, for the error of a script that failed; the log has all of it.
#pragma once

#include <deque>
#include <string>
#include <string_view>

namespace ingot::build {

class LastLines {
  public:
    void add(std::string_view line) {
        lines_.emplace_back(line);
        if (lines_.size() > kKept) {
            lines_.pop_front();
        }
    }

    [[nodiscard]] std::string text() const {
        std::string all;
        for (const auto& line : lines_) {
            all += (all.empty() ? "" : "\n") + line;
        }
        return all;
    }

  private:
    static constexpr std::size_t kKept = 10;
    std::deque<std::string> lines_;
};

}  // namespace ingot::build
