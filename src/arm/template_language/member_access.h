// SPDX-License-Identifier: Apache-2.0
// Looking into values as expressions do: value.property and value[index]. Names of properties
// compare without case, an exact match first.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace ingot::arm {

// Null if there is none.
[[nodiscard]] const boost::json::object::value_type* find_member(const boost::json::object& in,
                                                                 std::string_view name);

// "a, b, c", not endless.
[[nodiscard]] std::string names_in(const boost::json::object& in);

// These two refuse, with what is there instead.
[[nodiscard]] boost::json::value property_of(const boost::json::value& of, std::string_view name);
[[nodiscard]] boost::json::value element_of(const boost::json::value& of,
                                            const boost::json::value& index);

}  // namespace ingot::arm
