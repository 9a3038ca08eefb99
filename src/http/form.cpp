// SPDX-License-Identifier: Apache-2.0
#include "http/form.h"

#include <cstddef>

namespace ingot::http {
namespace {

// A field costs some hundred bytes of memory and may be one byte of text.
constexpr std::size_t kMostFields = 1000;

std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return std::nullopt;
}

// The byte that %XX at `at` stands for.
std::optional<char> escaped_byte(std::string_view text, std::size_t at) {
    if (at + 2 >= text.size()) {
        return std::nullopt;
    }
    const auto high = hex_digit(text[at + 1]);
    const auto low = hex_digit(text[at + 2]);
    if (!high || !low || (*high == 0 && *low == 0)) {
        return std::nullopt;
    }
    return static_cast<char>(*high << 4U | *low);
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\0') {
            return std::nullopt;
        }
        if (text[i] != '%') {
            result += text[i] == '+' && plus_is_space ? ' ' : text[i];
            continue;
        }
        const auto byte = escaped_byte(text, i);
        if (!byte) {
            return std::nullopt;
        }
        result += *byte;
        i += 2;
    }
    return result;
}

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~").find(c) != std::string_view::npos;
}

bool add_field(std::string_view field, Form& form) {
    const auto equals = field.find('=');
    auto name = decode(field.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::optional(std::string())
                                                  : decode(field.substr(equals + 1), true);
    if (!name || !value) {
        return false;
    }
    form.emplace(std::move(*name), std::move(*value));
    return true;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
    return decode(text, false);
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string result;
    for (const char c : text) {
        if (is_unreserved(c)) {
            result += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            result += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
        }
    }
    return result;
}

std::optional<Form> parse_form(std::string_view text) {
    Form form;
    while (!text.empty()) {
        const auto end = text.find('&');
        const auto field = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (field.empty()) {
            continue;
        }
        if (form.size() == kMostFields || !add_field(field, form)) {
            return std::nullopt;
        }
    }
    return form;
}

}  // namespace ingot::http
