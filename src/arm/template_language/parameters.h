// SPDX-License-Identifier: Apache-2.0
// What a template declares about a parameter, and whether a value fits it.
#pragma once

#include "arm/template_language/deployment.h"

#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace ingot::arm {

// The given value in the parameter's type. Throws Error{InvalidArgument, "InvalidTemplate"} for
// text that is not of the type.
[[nodiscard]] boost::json::value typed_value(const boost::json::object& declaration,
                                             const DeploymentParameters::Given& given);

// Type, allowedValues, minValue, maxValue, minLength, maxLength. Throws like typed_value; values of
// secure parameters do not show in the message.
void check_parameter(std::string_view name,
                     const boost::json::object& declaration,
                     const boost::json::value& value);

}  // namespace ingot::arm
