// SPDX-License-Identifier: Apache-2.0
// Percent-encoding, and the name=value lists of queries and of application/x-www-form-urlencoded
// bodies. Pure; malformed text gives nothing rather than a guess.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace ingot::http {

// Empty for a broken escape and for a NUL, escaped or not, which no name or value has a use for.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

// Everything but letters, digits and -._~ escaped.
[[nodiscard]] std::string percent_encode(std::string_view text);

// Values of one name stay in their order. Names keep their case.
using Form = std::multimap<std::string, std::string, std::less<>>;

// "a=1&b=x+y": a plus is a space, an absent = an empty value. Empty for what percent_decode refuses
// and for more than a thousand fields.
[[nodiscard]] std::optional<Form> parse_form(std::string_view text);

}  // namespace ingot::http
