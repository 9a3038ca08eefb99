// SPDX-License-Identifier: Apache-2.0
// What fields and types used to be called. Everywhere else in Ingot they have their newest name.
#pragma once

#include "templates/api_version.h"

#include <string_view>

namespace ingot::templates {

// The name that `version` writes for the field, or the discriminator's value.
[[nodiscard]] std::string_view spelled(std::string_view name, ApiVersion version);

}  // namespace ingot::templates
