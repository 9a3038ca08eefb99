// SPDX-License-Identifier: Apache-2.0
// Members of a request's body, for resource types that read few of them. A member that is missing
// or null is empty; one of another type than it must have is Error{InvalidArgument,
// "InvalidRequestContent"} that names it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace ingot::providers {

[[nodiscard]] std::string text_member(const boost::json::object& object, std::string_view name);
[[nodiscard]] std::vector<std::string> texts_member(const boost::json::object& object,
                                                    std::string_view name);
// Empty if it is missing.
[[nodiscard]] const boost::json::object& object_member(const boost::json::object& object,
                                                       std::string_view name);

}  // namespace ingot::providers
