// SPDX-License-Identifier: Apache-2.0
#include "arm/template_language/member_access.h"

#include "arm/template_language/functions.h"
#include "base/ascii.h"

#include <algorithm>
#include <vector>

#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::arm {

using boost::json::object;
using boost::json::value;

const object::value_type* find_member(const object& in, std::string_view name) {
    const auto exact = in.find(name);
    if (exact != in.end()) {
        return exact;
    }
    const auto found = std::ranges::find_if(
        in, [&](const auto& member) { return base::equal_ignoring_case(member.key(), name); });
    return found == in.end() ? nullptr : found;
}

std::string names_in(const object& in) {
    constexpr std::size_t kShown = 30;
    std::vector<std::string_view> names;
    for (const auto& member : in) {
        names.push_back(member.key());
        if (names.size() == kShown) {
            names.emplace_back("…");
            break;
        }
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

value property_of(const value& of, std::string_view name) {
    if (!of.is_object()) {
        refuse(
            fmt::format("The property '{}' was asked of {}, which has none.", name, kind_of(of)));
    }
    const auto* member = find_member(of.get_object(), name);
    if (member == nullptr) {
        refuse(
            fmt::format("The language expression property '{}' doesn't exist, available "
                        "properties are '{}'.",
                        name,
                        names_in(of.get_object())));
    }
    return member->value();
}

value element_of(const value& of, const value& index) {
    if (index.is_string()) {
        return property_of(of, index.get_string());
    }
    if (!of.is_array() || !index.is_int64()) {
        refuse(fmt::format("The index {} cannot be looked up in {}.", kind_of(index), kind_of(of)));
    }
    const auto& elements = of.get_array();
    const auto at = index.get_int64();
    if (at < 0 || static_cast<std::uint64_t>(at) >= elements.size()) {
        refuse(
            fmt::format("The language expression property array index '{}' is out of bounds.", at));
    }
    return elements[static_cast<std::size_t>(at)];
}

}  // namespace ingot::arm
