// SPDX-License-Identifier: Apache-2.0
#include "sql/postgres/utf8.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace ingot::sql {
namespace {

// A row of table 3-7 of the Unicode standard (well-formed byte sequences): which first byte, which
// second one, and how many bytes in all.
struct Form {
    std::uint8_t first_low, first_high;
    std::uint8_t second_low, second_high;
    std::size_t length;
};

constexpr std::array kForms = {Form{0x01, 0x7F, 0x00, 0x00, 1},  // from 01: NUL is refused
                               Form{0xC2, 0xDF, 0x80, 0xBF, 2},
                               Form{0xE0, 0xE0, 0xA0, 0xBF, 3},
                               Form{0xE1, 0xEC, 0x80, 0xBF, 3},
                               Form{0xED, 0xED, 0x80, 0x9F, 3},  // no surrogates
                               Form{0xEE, 0xEF, 0x80, 0xBF, 3},
                               Form{0xF0, 0xF0, 0x90, 0xBF, 4},
                               Form{0xF1, 0xF3, 0x80, 0xBF, 4},
                               Form{0xF4, 0xF4, 0x80, 0x8F, 4}};

bool is_between(char c, std::uint8_t low, std::uint8_t high) {
    const auto byte = static_cast<std::uint8_t>(c);
    return low <= byte && byte <= high;
}

bool fits(std::string_view text, const Form& form) {
    if (text.size() < form.length || !is_between(text[0], form.first_low, form.first_high)) {
        return false;
    }
    if (form.length > 1 && !is_between(text[1], form.second_low, form.second_high)) {
        return false;
    }
    for (std::size_t i = 2; i < form.length; ++i) {
        if (!is_between(text[i], 0x80, 0xBF)) {
            return false;
        }
    }
    return true;
}

// Of the character that `text` begins with; 0 if it is none.
std::size_t character_length(std::string_view text) {
    for (const auto& form : kForms) {
        if (fits(text, form)) {
            return form.length;
        }
    }
    return 0;
}

std::size_t valid_length(std::string_view text) {
    std::size_t length = 0;
    while (length < text.size()) {
        const auto character = character_length(text.substr(length));
        if (character == 0) {
            break;
        }
        length += character;
    }
    return length;
}

}  // namespace

std::string as_utf8(std::string text) {
    auto valid = valid_length(text);
    if (valid == text.size()) {
        return text;
    }
    std::string clean;
    for (std::string_view rest = text; !rest.empty(); valid = valid_length(rest)) {
        clean += rest.substr(0, valid);
        rest.remove_prefix(valid);
        if (!rest.empty()) {
            clean += "\xEF\xBF\xBD";
            rest.remove_prefix(1);
        }
    }
    return clean;
}

}  // namespace ingot::sql
