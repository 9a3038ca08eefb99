// SPDX-License-Identifier: Apache-2.0
#include "templates/reading/parts.h"

#include <algorithm>
#include <array>
#include <optional>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ingot::templates {
namespace {

using base::JsonPath;
using boost::json::value;

bool looks_like_expression(std::string_view text) {
    constexpr std::array<std::string_view, 5> kBeginnings = {
        "[parameters(", "[variables(", "[concat(", "[resourceId(", "[resourceGroup("};
    return text.ends_with(']') && std::ranges::any_of(kBeginnings, [&](std::string_view word) {
               return text.starts_with(word);
           });
}

// The place of the first.
std::optional<JsonPath> find_expression(const value& in, const JsonPath& path) {
    if (const auto* text = in.if_string()) {
        return looks_like_expression(*text) ? std::optional(path) : std::nullopt;
    }
    if (const auto* object = in.if_object()) {
        for (const auto& [key, member] : *object) {
            if (auto found = find_expression(member, path / key)) {
                return found;
            }
        }
    }
    if (const auto* array = in.if_array()) {
        for (std::size_t i = 0; i < array->size(); ++i) {
            if (auto found = find_expression((*array)[i], path / i)) {
                return found;
            }
        }
    }
    return std::nullopt;
}

}  // namespace

void warn_of_expressions(const boost::json::object& resource, Findings& findings) {
    if (const auto place = find_expression(resource, {})) {
        findings.add(Severity::Warning,
                     "NotEvaluated",
                     *place,
                     "This looks like an expression of a deployment template, but a resource that "
                     "stands alone is taken literally.");
    }
}

}  // namespace ingot::templates
