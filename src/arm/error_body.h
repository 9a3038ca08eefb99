// SPDX-License-Identifier: Apache-2.0
// An error as Azure Resource Manager's clients read it: the one place where the kinds of
// base::Error become HTTP status codes, and the bodies that go with them. Which shape an
// api-version wants is its resource type's knowledge.
#pragma once

#include "base/error.h"

#include <string>

#include <boost/json/object.hpp>

namespace ingot::arm {

// ARM's own and every newer provider's is {"error": {…}}; Microsoft.VirtualMachineImages up to
// 2020-02-14 answers the bare object.
enum class ErrorShape { Nested, Bare };

[[nodiscard]] int http_status(base::ErrorKind kind);

// code, message, and target and details where there are any.
[[nodiscard]] boost::json::object error_object(const base::Error& error);
[[nodiscard]] boost::json::object error_body(const base::Error& error,
                                             ErrorShape shape = ErrorShape::Nested);

}  // namespace ingot::arm
