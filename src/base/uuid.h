// SPDX-License-Identifier: Apache-2.0
// UUIDs in lower case: random ones (version 4) for names of runs and operations, and ones made of a
// name (version 5), equal for equal names.
#pragma once

#include <string>
#include <string_view>

namespace ingot::base {

[[nodiscard]] std::string new_uuid();

// 8-4-4-4-12 hexadecimal digits, in either case, without braces.
[[nodiscard]] bool is_uuid(std::string_view text);

// RFC 9562 section 5.5. `name_space` is a UUID; throws Error{InvalidArgument} if it is none.
[[nodiscard]] std::string name_based_uuid(std::string_view name_space, std::string_view name);

}  // namespace ingot::base
