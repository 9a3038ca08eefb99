// SPDX-License-Identifier: Apache-2.0
// One thing that is wrong, or worth knowing, about a document: what, and exactly where. Validation
// returns all of them at once as values; who prints them and what exit code follows is not decided
// here.
#pragma once

#include "base/json.h"

#include <string>
#include <string_view>
#include <vector>

namespace ingot::templates {

enum class Severity { Error, Warning, Note };

struct Diagnostic {
    Severity severity = Severity::Error;
    std::string code;  // the service's word where it has one: ValidationFailed, BadSourceType, …
    std::string message;
    base::JsonPath path;          // in the file, not in the evaluated resource
    base::TextPosition position;  // the nearest existing place if `path` itself is missing
};

[[nodiscard]] bool has_error(const std::vector<Diagnostic>& diagnostics);

// What is at one place keeps its order.
void sort_by_position(std::vector<Diagnostic>& diagnostics);

[[nodiscard]] std::string to_string(Severity severity);

// "template.json:12:7: error: message [properties.source] (ValidationFailed)"
[[nodiscard]] std::string format_diagnostic(const Diagnostic& diagnostic, std::string_view origin);

}  // namespace ingot::templates
