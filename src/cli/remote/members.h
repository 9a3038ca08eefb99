// SPDX-License-Identifier: Apache-2.0
// Members of documents that a service sent, which may be absent or of another type than expected:
// then they are empty.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace ingot::cli {

[[nodiscard]] std::string text_of(const boost::json::object& object, std::string_view name);
[[nodiscard]] const boost::json::object& object_of(const boost::json::object& object,
                                                   std::string_view name);
[[nodiscard]] const boost::json::array& list_of(const boost::json::object& object,
                                                std::string_view name);
// The same of the member `properties`.
[[nodiscard]] std::string property_of(const boost::json::object& resource, std::string_view name);

}  // namespace ingot::cli
