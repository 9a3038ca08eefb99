// SPDX-License-Identifier: Apache-2.0
#include "arm/template_language/functions.h"
#include "arm/template_language/unique_string.h"
#include "base/ascii.h"
#include "base/uuid.h"

#include <algorithm>
#include <charconv>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ingot::arm {
namespace {

using boost::json::value;

// Text that grows piece by piece and refuses to outgrow the limit.
class BoundedText {
  public:
    explicit BoundedText(const Arguments& arguments) : arguments_(arguments) {}

    void add(std::string_view piece) {
        if (piece.size() > kLargestText - text_.size()) {
            arguments_.fail(fmt::format("its result is larger than {} bytes", kLargestText));
        }
        text_ += piece;
    }

    [[nodiscard]] value take() { return value(text_); }

  private:
    const Arguments& arguments_;
    std::string text_;
};

value concat(const Arguments& arguments) {
    if (arguments.size() > 0 && arguments[0].is_array()) {
        boost::json::array all;
        for (std::size_t i = 0; i < arguments.size(); ++i) {
            const auto& part = arguments.array(i);
            all.insert(all.end(), part.begin(), part.end());
        }
        return all;
    }
    BoundedText result(arguments);
    for (const auto& part : arguments.all()) {
        if (part.is_array() || part.is_object()) {
            arguments.fail("all arguments must be strings, or all arrays");
        }
        result.add(to_text(part));
    }
    return result.take();
}

value join(const Arguments& arguments) {
    BoundedText result(arguments);
    std::string_view separator;
    for (const auto& part : arguments.array(0)) {
        result.add(separator);
        result.add(to_text(part));
        separator = arguments.text(1);
    }
    return result.take();
}

// "{0}" and the escapes "{{" and "}}"; .NET's alignment and format strings are refused.
value format(const Arguments& arguments) {
    BoundedText result(arguments);
    std::string_view rest = arguments.text(0);
    while (!rest.empty()) {
        const auto brace = std::min(rest.find_first_of("{}"), rest.size());
        result.add(rest.substr(0, brace));
        rest.remove_prefix(brace);
        if (rest.starts_with("{{") || rest.starts_with("}}")) {
            result.add(rest.substr(0, 1));
            rest.remove_prefix(2);
        } else if (!rest.empty()) {
            const auto close = rest.find('}');
            std::size_t index = 0;
            const char* end = rest.data() + std::min(close, rest.size());
            const auto parsed = std::from_chars(rest.data() + 1, end, index);
            if (close == std::string_view::npos || close == 0 || parsed.ptr != end) {
                arguments.fail("only placeholders like {0} and the escapes {{ and }} are known");
            }
            if (index + 1 >= arguments.size()) {
                arguments.fail(fmt::format("there is no argument for {{{}}}", index));
            }
            result.add(to_text(arguments[index + 1]));
            rest.remove_prefix(close + 1);
        }
    }
    return result.take();
}

value replace(const Arguments& arguments) {
    const auto from = arguments.text(1);
    if (from.empty()) {
        arguments.fail("what is to be replaced is empty");
    }
    BoundedText result(arguments);
    std::string_view rest = arguments.text(0);
    for (auto at = rest.find(from); at != std::string_view::npos; at = rest.find(from)) {
        result.add(rest.substr(0, at));
        result.add(arguments.text(2));
        rest.remove_prefix(at + from.size());
    }
    result.add(rest);
    return result.take();
}

value split(const Arguments& arguments) {
    std::string separators;
    if (arguments[1].is_array()) {
        for (const auto& one : arguments.array(1)) {
            separators += to_text(one).substr(0, 1);
        }
    }
    const auto whole = arguments[1].is_array() ? std::string_view() : arguments.text(1);
    boost::json::array parts;
    std::string_view rest = arguments.text(0);
    while (true) {
        const auto at = arguments[1].is_array() ? rest.find_first_of(separators)
                        : whole.empty()         ? std::string_view::npos
                                                : rest.find(whole);
        parts.emplace_back(rest.substr(0, at));
        if (at == std::string_view::npos) {
            return parts;
        }
        rest.remove_prefix(at + std::max<std::size_t>(whole.size(), 1));
    }
}

value substring(const Arguments& arguments) {
    const auto text = arguments.text(0);
    const auto start = arguments.integer(1);
    const auto size = static_cast<std::int64_t>(text.size());
    const auto count = arguments.size() > 2 ? arguments.integer(2) : size - start;
    if (start < 0 || start > size || count < 0 || count > size - start) {
        arguments.fail(
            fmt::format("start {} and length {} do not lie within a string of {} characters",
                        start,
                        count,
                        size));
    }
    return value(text.substr(static_cast<std::size_t>(start), static_cast<std::size_t>(count)));
}

value pad_left(const Arguments& arguments) {
    const std::string text = to_text(arguments[0]);
    const auto width = arguments.integer(1);
    const auto fill = arguments.size() > 2 ? arguments.text(2) : " ";
    if (fill.size() != 1) {
        arguments.fail("the padding must be one character");
    }
    if (width > static_cast<std::int64_t>(kLargestText)) {
        arguments.fail(fmt::format("its result is larger than {} bytes", kLargestText));
    }
    const auto missing = std::max<std::int64_t>(width - static_cast<std::int64_t>(text.size()), 0);
    return value(std::string(static_cast<std::size_t>(missing), fill[0]) + text);
}

value to_lower(const Arguments& arguments) {
    return value(base::to_lower(arguments.text(0)));
}

value to_upper(const Arguments& arguments) {
    std::string text(arguments.text(0));
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return value(text);
}

value trim(const Arguments& arguments) {
    constexpr std::string_view kSpace = " \t\r\n\v\f";
    const auto text = arguments.text(0);
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) {
        return value("");
    }
    return value(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

// These four compare without case, as ARM documents them.
value starts_with(const Arguments& arguments) {
    return base::equal_ignoring_case(arguments.text(0).substr(0, arguments.text(1).size()),
                                     arguments.text(1));
}

value ends_with(const Arguments& arguments) {
    const auto text = arguments.text(0);
    const auto end = arguments.text(1);
    return text.size() >= end.size() &&
           base::equal_ignoring_case(text.substr(text.size() - end.size()), end);
}

value as_index(std::size_t at) {
    return at == std::string::npos ? std::int64_t{-1} : static_cast<std::int64_t>(at);
}

value index_of(const Arguments& arguments) {
    return as_index(base::to_lower(arguments.text(0)).find(base::to_lower(arguments.text(1))));
}

value last_index_of(const Arguments& arguments) {
    return as_index(base::to_lower(arguments.text(0)).rfind(base::to_lower(arguments.text(1))));
}

value base64(const Arguments& arguments) {
    constexpr std::string_view kDigits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto text = arguments.text(0);
    std::string result;
    for (std::size_t at = 0; at < text.size(); at += 3) {
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            bits =
                bits << 8U | (at + i < text.size() ? static_cast<std::uint8_t>(text[at + i]) : 0U);
        }
        for (std::size_t i = 0; i < 4; ++i) {
            result += at + i > text.size() ? '=' : kDigits[bits >> (18U - 6U * i) & 63U];
        }
    }
    return value(result);
}

// ARM's rule: what follows the last slash of the base is replaced, unless its only slashes are
// those of the scheme.
value uri(const Arguments& arguments) {
    std::string_view front = arguments.text(0);
    std::string_view back = arguments.text(1);
    const auto scheme = front.find("://");
    const auto host = scheme == std::string_view::npos ? 0 : scheme + 3;
    const auto slash = front.rfind('/');
    BoundedText result(arguments);
    if (slash == std::string_view::npos || slash < host) {
        result.add(front);
        result.add(back.starts_with('/') ? "" : "/");
    } else {
        back.remove_prefix(back.starts_with('/') ? 1 : 0);
        result.add(front.substr(0, slash + 1));
    }
    result.add(back);
    return result.take();
}

std::string hyphenated(const Arguments& arguments) {
    std::string text;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        text += (i == 0 ? "" : "-") + std::string(arguments.text(i));
    }
    return text;
}

// Version 5 over Azure's own name space, as Microsoft documents it.
value guid(const Arguments& arguments) {
    return value(
        base::name_based_uuid("11fb06fb-712d-4ddd-98c7-e71bbd588830", hyphenated(arguments)));
}

value unique_string_of(const Arguments& arguments) {
    return value(unique_string(hyphenated(arguments)));
}

value string(const Arguments& arguments) {
    return value(to_text(arguments[0]));
}

constexpr Function kTextFunctions[] = {
    {"base64", 1, 1, base64},
    {"concat", 0, kAnyNumber, concat},
    {"endsWith", 2, 2, ends_with},
    {"format", 1, kAnyNumber, format},
    {"guid", 1, kAnyNumber, guid},
    {"indexOf", 2, 2, index_of},
    {"join", 2, 2, join},
    {"lastIndexOf", 2, 2, last_index_of},
    {"padLeft", 2, 3, pad_left},
    {"replace", 3, 3, replace},
    {"split", 2, 2, split},
    {"startsWith", 2, 2, starts_with},
    {"string", 1, 1, string},
    {"substring", 2, 3, substring},
    {"toLower", 1, 1, to_lower},
    {"toUpper", 1, 1, to_upper},
    {"trim", 1, 1, trim},
    {"uniqueString", 1, kAnyNumber, unique_string_of},
    {"uri", 2, 2, uri},
};

}  // namespace

std::span<const Function> text_functions() {
    return kTextFunctions;
}

}  // namespace ingot::arm
