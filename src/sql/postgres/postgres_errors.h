// SPDX-License-Identifier: Apache-2.0
// What PostgreSQL's error codes (SQLSTATE, appendix A of its manual) mean to Ingot.
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace ingot::sql {

inline constexpr std::string_view kStateCancelled = "57014";
inline constexpr std::string_view kPostgresRepair = "restore a backup of it";

// `words` is the primary message: details hold values.
[[nodiscard]] base::Error error_of_state(std::string_view state,
                                         std::string_view words,
                                         const std::string& name);

// libpq breaks and indents its messages for a terminal.
[[nodiscard]] std::string in_one_line(std::string_view message);

}  // namespace ingot::sql
