// SPDX-License-Identifier: Apache-2.0
// The shapes that stand inside an image template, each in the file of its theme.
#pragma once

#include "templates/schema/shape.h"

namespace ingot::templates {

extern const Shape kSource;
extern const Shape kCustomizer;
extern const Shape kValidator;
extern const Shape kDistributor;

}  // namespace ingot::templates
