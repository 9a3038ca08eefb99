// SPDX-License-Identifier: Apache-2.0
#include "providers/body_members.h"

#include "base/error.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

const boost::json::value* find(const boost::json::object& object, std::string_view name) {
    const auto* member = object.if_contains(name);
    return member == nullptr || member->is_null() ? nullptr : member;
}

[[noreturn]] void refuse(std::string_view name, std::string_view wanted) {
    throw base::Error(
        base::ErrorKind::InvalidArgument,
        "InvalidRequestContent",
        fmt::format("The request content was invalid: '{}' must be {}.", name, wanted),
        std::string(name));
}

}  // namespace

std::string text_member(const boost::json::object& object, std::string_view name) {
    const auto* member = find(object, name);
    if (member != nullptr && !member->is_string()) {
        refuse(name, "a string");
    }
    return member == nullptr ? std::string() : std::string(member->get_string());
}

std::vector<std::string> texts_member(const boost::json::object& object, std::string_view name) {
    std::vector<std::string> texts;
    const auto* member = find(object, name);
    if (member != nullptr && !member->is_array()) {
        refuse(name, "a list of strings");
    }
    if (member != nullptr) {
        for (const auto& entry : member->get_array()) {
            if (!entry.is_string()) {
                refuse(name, "a list of strings");
            }
            texts.emplace_back(entry.get_string());
        }
    }
    return texts;
}

const boost::json::object& object_member(const boost::json::object& object, std::string_view name) {
    static const boost::json::object kNone;
    const auto* member = find(object, name);
    if (member != nullptr && !member->is_object()) {
        refuse(name, "an object");
    }
    return member == nullptr ? kNone : member->get_object();
}

}  // namespace ingot::providers
