// SPDX-License-Identifier: Apache-2.0
#include "cli/remote/members.h"

namespace ingot::cli {

std::string text_of(const boost::json::object& object, std::string_view name) {
    const auto* member = object.if_contains(name);
    return member != nullptr && member->is_string() ? std::string(member->get_string()) : "";
}

const boost::json::object& object_of(const boost::json::object& object, std::string_view name) {
    static const boost::json::object kNone;
    const auto* member = object.if_contains(name);
    return member != nullptr && member->is_object() ? member->get_object() : kNone;
}

const boost::json::array& list_of(const boost::json::object& object, std::string_view name) {
    static const boost::json::array kNone;
    const auto* member = object.if_contains(name);
    return member != nullptr && member->is_array() ? member->get_array() : kNone;
}

std::string property_of(const boost::json::object& resource, std::string_view name) {
    return text_of(object_of(resource, "properties"), name);
}

}  // namespace ingot::cli
