// SPDX-License-Identifier: Apache-2.0
// The service's log: one JSON object per line on standard error, where a service manager collects
// it. Never given secrets or bodies.
#pragma once

#include <string_view>

#include <boost/json/object.hpp>

namespace ingot::daemon {

enum class Level { Info, Error };

// {"time", "level", "area", "message", …fields}. Any thread; lines do not mix.
void log(Level level,
         std::string_view area,
         std::string_view message,
         const boost::json::object& fields = {});

}  // namespace ingot::daemon
