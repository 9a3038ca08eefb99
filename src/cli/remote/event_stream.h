// SPDX-License-Identifier: Apache-2.0
// Server-sent events as a service sends a run's journal, from bytes to build::RunEvent. Pure: the
// bytes may come in any pieces.
#pragma once

#include "build/run.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ingot::cli {

struct ServerEvent {
    std::string id{};
    std::string name{};
    std::string data{};  // several data lines are joined by newlines
};

class EventStream {
  public:
    explicit EventStream(std::function<void(const ServerEvent& event)> on_event)
        : on_event_(std::move(on_event)) {}

    void take(std::string_view bytes);

  private:
    void take_line(std::string_view line);

    std::function<void(const ServerEvent& event)> on_event_;
    std::string unfinished_;
    ServerEvent event_;
    bool has_data_ = false;
};

// Nothing for events that are none of a run's journal ("end", and kinds of later services).
[[nodiscard]] std::optional<build::RunEvent> run_event_from(const ServerEvent& event);

}  // namespace ingot::cli
