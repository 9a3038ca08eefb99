// SPDX-License-Identifier: Apache-2.0
// Letters of identifiers that are compared without case (ARM ids, names of Azure resources). ASCII
// only: it is not for text that people wrote.
#pragma once

#include <string>
#include <string_view>

namespace ingot::base {

[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace ingot::base
