// SPDX-License-Identifier: Apache-2.0
// Remembers when the steps of a run began, since the event of a step's end does not say it.
#pragma once

#include "build/run.h"

#include <chrono>
#include <map>
#include <string>

namespace ingot::cli {

class StepClock {
  public:
    void started(const build::RunEvent& event) { steps_[event.step] = {event.title, event.time}; }

    [[nodiscard]] std::string title_of(const std::string& step) const {
        const auto found = steps_.find(step);
        return found == steps_.end() ? step : found->second.title;
    }

    [[nodiscard]] std::chrono::milliseconds since_start(const std::string& step,
                                                        base::Timestamp until) const {
        const auto found = steps_.find(step);
        return found == steps_.end() ? std::chrono::milliseconds(0) : until - found->second.start;
    }

  private:
    struct Step {
        std::string title;
        base::Timestamp start;
    };

    std::map<std::string, Step> steps_;
};

}  // namespace ingot::cli
