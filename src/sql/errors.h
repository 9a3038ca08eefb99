// SPDX-License-Identifier: Apache-2.0
// What databases report, worded once: every driver throws these, so that callers meet the same
// kinds and codes. `name` is Database::name, `finding` the database's own words, without values.
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace ingot::sql {

[[nodiscard]] base::Error unavailable(const std::string& name, std::string_view finding);
// `remedy` says how to find out who is in the way.
[[nodiscard]] base::Error stayed_locked(const std::string& name, std::string_view remedy);
[[nodiscard]] base::Error disk_full(const std::string& name);
[[nodiscard]] base::Error damaged(const std::string& name,
                                  std::string_view finding,
                                  std::string_view repair);
[[nodiscard]] base::Error duplicate_key(const std::string& name, std::string_view finding);
[[nodiscard]] base::Error constraint_violated(const std::string& name, std::string_view finding);
// A mistake in a statement, or something that no driver has a better word for.
[[nodiscard]] base::Error unexpected(const std::string& name, std::string_view finding);

}  // namespace ingot::sql
