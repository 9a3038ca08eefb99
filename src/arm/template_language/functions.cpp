// SPDX-License-Identifier: Apache-2.0
#include "arm/template_language/functions.h"

#include "base/ascii.h"
#include "base/error.h"

#include <array>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace ingot::arm {
namespace {

// Needs what only a live subscription or a deployment in progress has.
bool needs_a_live_deployment(std::string_view name) {
    const std::string lower = base::to_lower(name);
    return lower == "reference" || lower == "deployment" || lower == "environment" ||
           lower == "providers" || lower == "pickzones" || lower.starts_with("list");
}

}  // namespace

void refuse(const std::string& message) {
    throw base::Error(base::ErrorKind::InvalidArgument, "InvalidTemplate", message);
}

std::string kind_of(const boost::json::value& value) {
    switch (value.kind()) {
        case boost::json::kind::null:
            return "null";
        case boost::json::kind::bool_:
            return "a bool";
        case boost::json::kind::int64:
        case boost::json::kind::uint64:
            return "an int";
        case boost::json::kind::double_:
            return "a number with a fraction";
        case boost::json::kind::string:
            return "a string";
        case boost::json::kind::array:
            return "an array";
        case boost::json::kind::object:
            return "an object";
    }
    return "nothing known";
}

std::string_view Arguments::text(std::size_t i) const {
    if (!values_[i].is_string()) {
        fail_type(i, "a string");
    }
    return values_[i].get_string();
}

std::int64_t Arguments::integer(std::size_t i) const {
    if (!values_[i].is_int64()) {
        fail_type(i, "an int");
    }
    return values_[i].get_int64();
}

bool Arguments::boolean(std::size_t i) const {
    if (!values_[i].is_bool()) {
        fail_type(i, "a bool");
    }
    return values_[i].get_bool();
}

const boost::json::array& Arguments::array(std::size_t i) const {
    if (!values_[i].is_array()) {
        fail_type(i, "an array");
    }
    return values_[i].get_array();
}

void Arguments::fail(std::string_view why) const {
    refuse(fmt::format("The template language function '{}' failed: {}.", function_, why));
}

void Arguments::fail_type(std::size_t i, std::string_view wanted) const {
    fail(fmt::format("argument {} must be {}, but is {}", i + 1, wanted, kind_of(values_[i])));
}

std::string to_text(const boost::json::value& value) {
    if (value.is_string()) {
        return std::string(value.get_string());
    }
    if (value.is_bool()) {
        return value.get_bool() ? "True" : "False";  // as .NET, and so ARM, writes them
    }
    return value.is_null() ? "" : boost::json::serialize(value);
}

const Function& find_function(std::string_view name) {
    for (const auto list :
         {text_functions(), collection_functions(), number_functions(), scope_functions()}) {
        for (const auto& function : list) {
            if (base::equal_ignoring_case(function.name, name)) {
                return function;
            }
        }
    }
    if (needs_a_live_deployment(name)) {
        refuse(
            fmt::format("The template function '{}' needs the state of a live deployment, which "
                        "does not exist here; give its value as a parameter instead.",
                        name));
    }
    refuse(fmt::format("The template function '{}' is not valid, or not one that Ingot evaluates.",
                       name));
}

}  // namespace ingot::arm
