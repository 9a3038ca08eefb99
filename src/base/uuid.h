// SPDX-License-Identifier: Apache-2.0
// Random (version 4) UUIDs in lower case: names of runs and operations.
#pragma once

#include <string>

namespace ingot::base {

[[nodiscard]] std::string new_uuid();

}  // namespace ingot::base
