// SPDX-License-Identifier: Apache-2.0
#include "daemon/log.h"

#include "base/timestamp.h"

#include <string>

#include <boost/json/serialize.hpp>
#include <unistd.h>

namespace ingot::daemon {

void log(Level level,
         std::string_view area,
         std::string_view message,
         const boost::json::object& fields) {
    boost::json::object line{{"time", base::to_rfc3339(base::now())},
                             {"level", level == Level::Error ? "error" : "info"},
                             {"area", area},
                             {"message", message}};
    for (const auto& [name, value] : fields) {
        line[name] = value;
    }
    const auto text = boost::json::serialize(line) + "\n";
    // One write per line: lines of several threads do not mix. A closed log stops nothing.
    [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace ingot::daemon
