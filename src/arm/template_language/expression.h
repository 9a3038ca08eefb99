// SPDX-License-Identifier: Apache-2.0
// The syntax of an ARM template expression: 'text', 12, name(arguments), value.property and
// value[index]. Parsing only; what it means is evaluator.h's job.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::arm {

struct Expression {
    enum class Kind { Text, Integer, Call, Property, Index };

    Kind kind = Kind::Text;
    std::string word;         // the text, the function's name or the property's
    std::int64_t number = 0;  // of an Integer
    std::vector<Expression>
        of;  // a Call's arguments; what Property and Index (and by what) look into
};

// "[concat('a', 'b')]" is one; "[[a]" is the text "[a]", and "[a" just text.
[[nodiscard]] bool is_expression(std::string_view text);

// Of text that is no expression.
[[nodiscard]] std::string unescape_literal(std::string_view text);

// `text` with its brackets. Throws Error{InvalidArgument, "InvalidTemplate"} that says what was
// expected at which character.
[[nodiscard]] Expression parse_expression(std::string_view text);

}  // namespace ingot::arm
