// SPDX-License-Identifier: Apache-2.0
// The $filter of a list, as far as Azure Resource Manager's clients write one: comparisons and
// functions joined by `and`. What the names mean is the list's knowledge; it refuses those that it
// does not know.
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace ingot::resources {

// resourceType eq 'a/b' is {resourcetype, eq, a/b}; assignedTo('x') is {assignedto, "", x}.
struct FilterTerm {
    std::string name{};       // in lower case
    std::string operation{};  // in lower case; empty for a function
    std::string value{};      // without quotes

    [[nodiscard]] bool is_equal(std::string_view wanted) const {
        return operation == "eq" && name == wanted;
    }

    [[nodiscard]] bool is_function(std::string_view wanted) const {
        return operation.empty() && name == wanted;
    }
};

// No terms for no text. `supported` tells people what may be written. Throws unsupported_filter().
[[nodiscard]] std::vector<FilterTerm> parse_filter(std::string_view text,
                                                   std::string_view supported);

// Error{InvalidArgument, "InvalidFilterInQueryString"}.
[[nodiscard]] base::Error unsupported_filter(std::string_view text, std::string_view supported);

}  // namespace ingot::resources
