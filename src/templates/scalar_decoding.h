// SPDX-License-Identifier: Apache-2.0
// Reads one field that holds no objects: a text, a number, a list or map of them. Part of the
// codec.
#pragma once

#include "templates/findings.h"
#include "templates/schema/shape.h"

#include <optional>

#include <boost/json/value.hpp>

namespace ingot::templates {

// `object` is the place of the object that has the field. Nothing if the field is empty, or wrong
// and reported.
[[nodiscard]] std::optional<boost::json::value> decode_scalar(const Field& field,
                                                              const boost::json::value& source,
                                                              const base::JsonPath& object,
                                                              Findings& findings);

}  // namespace ingot::templates
