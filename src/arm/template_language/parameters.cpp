// SPDX-License-Identifier: Apache-2.0
#include "arm/template_language/parameters.h"

#include "arm/template_language/functions.h"
#include "base/ascii.h"
#include "base/error.h"

#include <algorithm>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::arm {
namespace {

using boost::json::object;
using boost::json::value;

std::string declared_type(const object& declaration) {
    const auto* type = declaration.if_contains("type");
    return type != nullptr && type->is_string() ? base::to_lower(type->get_string()) : "";
}

bool is_secret(const object& declaration) {
    return declared_type(declaration).starts_with("secure");
}

bool has_type(const value& given, std::string_view type) {
    if (type == "string" || type == "securestring") {
        return given.is_string();
    }
    if (type == "int") {
        return given.is_int64();
    }
    if (type == "bool") {
        return given.is_bool();
    }
    if (type == "array") {
        return given.is_array();
    }
    return (type == "object" || type == "secureobject") && given.is_object();
}

[[noreturn]] void refuse_value(std::string_view name,
                               const object& declaration,
                               const value& given,
                               std::string_view why) {
    constexpr std::size_t kShown = 100;
    const std::string shown =
        is_secret(declaration) ? " " : fmt::format(" '{}' ", to_text(given).substr(0, kShown));
    refuse(fmt::format(
        "The provided value{}for the template parameter '{}' is not valid. {}.", shown, name, why));
}

void check_type(std::string_view name, const object& declaration, const value& given) {
    const auto type = declared_type(declaration);
    constexpr std::string_view kTypes[] = {
        "string", "securestring", "int", "bool", "array", "object", "secureobject"};
    if (std::ranges::find(kTypes, type) == std::end(kTypes)) {
        refuse(fmt::format("The template parameter '{}' has the type '{}'; it must be one of {}.",
                           name,
                           type,
                           fmt::join(kTypes, ", ")));
    }
    if (!has_type(given, type)) {
        refuse_value(
            name,
            declaration,
            given,
            fmt::format("Expected a value of type '{}', but received {}", type, kind_of(given)));
    }
}

void check_allowed(std::string_view name, const object& declaration, const value& given) {
    const auto* allowed = declaration.if_contains("allowedValues");
    if (allowed == nullptr || !allowed->is_array()) {
        return;
    }
    const auto& choices = allowed->get_array();
    // For an array parameter the list names the allowed elements.
    const auto is_allowed = [&](const value& one) {
        return std::ranges::find(choices, one) != choices.end();
    };
    const bool fits = is_allowed(given) ||
                      (given.is_array() && std::ranges::all_of(given.get_array(), is_allowed));
    if (!fits) {
        constexpr std::size_t kShown = 500;
        refuse_value(name,
                     declaration,
                     given,
                     fmt::format("The value is not part of the allowed value(s): '{}'",
                                 boost::json::serialize(*allowed).substr(0, kShown)));
    }
}

void check_bounds(std::string_view name, const object& declaration, const value& given) {
    std::int64_t measure = 0;
    const char* what = "length";
    if (given.is_int64()) {
        measure = given.get_int64();
        what = "value";
    } else if (given.is_string()) {
        measure = static_cast<std::int64_t>(given.get_string().size());
    } else if (given.is_array()) {
        measure = static_cast<std::int64_t>(given.get_array().size());
    } else {
        return;
    }
    const auto bound = [&](std::string_view key) {
        const auto* number = declaration.if_contains(key);
        return number != nullptr ? number->if_int64() : nullptr;
    };
    const auto* least = bound(given.is_int64() ? "minValue" : "minLength");
    const auto* most = bound(given.is_int64() ? "maxValue" : "maxLength");
    if (least != nullptr && measure < *least) {
        refuse_value(
            name, declaration, given, fmt::format("Its {} must be {} or more", what, *least));
    }
    if (most != nullptr && measure > *most) {
        refuse_value(
            name, declaration, given, fmt::format("Its {} must be {} or less", what, *most));
    }
}

}  // namespace

value typed_value(const object& declaration, const DeploymentParameters::Given& given) {
    const auto type = declared_type(declaration);
    if (!given.is_text) {
        return given.value;
    }
    if (type == "string" || type == "securestring") {
        return value(given.text);
    }
    auto parsed = base::parse_json(type == "bool" ? base::to_lower(given.text) : given.text);
    if (const auto* problem = std::get_if<base::JsonProblem>(&parsed)) {
        refuse_value(
            given.name,
            declaration,
            value(given.text),
            fmt::format("A value of type '{}' is written as JSON: {}", type, problem->message));
    }
    return std::get<value>(std::move(parsed));
}

void check_parameter(std::string_view name, const object& declaration, const value& given) {
    check_type(name, declaration, given);
    check_allowed(name, declaration, given);
    check_bounds(name, declaration, given);
}

}  // namespace ingot::arm
