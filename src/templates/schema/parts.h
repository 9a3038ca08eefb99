// SPDX-License-Identifier: Apache-2.0
// The shapes that stand inside an image template, each in the file of its theme.
#pragma once

#include "templates/schema/shape.h"

namespace ingot::templates {

// The values of Field::preset.
inline constexpr std::string_view kFalse = "false";
inline constexpr std::string_view kZero = "0";
inline constexpr std::string_view kEmptyText = "\"\"";
inline constexpr std::string_view kEmptyObject = "{}";

extern const Shape kSource;
extern const Shape kCustomizer;
extern const Shape kValidator;
extern const Shape kDistributor;

}  // namespace ingot::templates
