// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include "base/error.h"

#include <algorithm>
#include <optional>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace ingot::base {
namespace {

TextPosition position_at(std::string_view text, std::size_t offset) {
    const auto before = text.substr(0, std::min(offset, text.size()));
    const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    const auto last_newline = before.rfind('\n');
    const auto column =
        last_newline == std::string_view::npos ? before.size() : before.size() - last_newline - 1;
    return {line + 1, column + 1};
}

// A byte-order mark is what some Windows editors put in front; ARM accepts it too.
std::size_t byte_order_mark_size(std::string_view text) {
    constexpr std::string_view kMark = "\xEF\xBB\xBF";
    return text.starts_with(kMark) ? kMark.size() : 0;
}

// Walks valid JSON text without building anything; used to find places and duplicate keys, both of
// which Boost.JSON does not keep.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text), at_(byte_order_mark_size(text)) {}

    void skip_space() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != kNone) {
            ++at_;
        }
    }

    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    bool take(char c) {
        skip_space();
        if (peek() != c) {
            return false;
        }
        ++at_;
        return true;
    }

    // Returns the raw text between the quotes.
    std::string_view take_string() {
        skip_space();
        const auto start = ++at_;
        while (at_ < text_.size() && text_[at_] != '"') {
            at_ += text_[at_] == '\\' ? 2 : 1;
        }
        const auto raw = text_.substr(start, at_ - start);
        ++at_;
        return raw;
    }

    void skip_value() {
        skip_space();
        if (peek() == '"') {
            take_string();
            return;
        }
        if (peek() != '{' && peek() != '[') {
            at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
            return;
        }
        std::size_t depth = 0;
        do {
            const char c = peek();
            if (c == '"') {
                take_string();
                continue;
            }
            depth += (c == '{' || c == '[') ? 1U : 0U;
            depth -= (c == '}' || c == ']') ? 1U : 0U;
            ++at_;
        } while (depth > 0 && at_ < text_.size());
    }

    [[nodiscard]] std::size_t offset() const { return at_; }

  private:
    static constexpr auto kNone = std::string_view::npos;
    std::string_view text_;
    std::size_t at_;
};

std::string unescape(std::string_view raw) {
    if (raw.find('\\') == std::string_view::npos) {
        return std::string(raw);
    }
    const auto value = boost::json::parse(fmt::format("\"{}\"", raw));
    return std::string(value.as_string());
}

// Moves `scanner` to the start of member `key`'s value; the offset of the key itself, or nothing.
std::optional<std::size_t> enter_member(Scanner& scanner, const std::string& key) {
    if (!scanner.take('{') || scanner.take('}')) {
        return std::nullopt;
    }
    do {
        scanner.skip_space();
        const auto key_offset = scanner.offset();
        const bool found = unescape(scanner.take_string()) == key;
        scanner.take(':');
        if (found) {
            return key_offset;
        }
        scanner.skip_value();
    } while (scanner.take(','));
    return std::nullopt;
}

std::optional<std::size_t> enter_element(Scanner& scanner, std::size_t index) {
    if (!scanner.take('[')) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < index; ++i) {
        scanner.skip_value();
        if (!scanner.take(',')) {
            return std::nullopt;
        }
    }
    scanner.skip_space();
    return scanner.peek() == ']' ? std::nullopt : std::optional(scanner.offset());
}

std::optional<JsonProblem> find_duplicate_key(std::string_view text, Scanner& scanner) {
    if (scanner.take('[')) {
        if (scanner.take(']')) {
            return std::nullopt;
        }
        do {
            if (auto problem = find_duplicate_key(text, scanner)) {
                return problem;
            }
        } while (scanner.take(','));
        scanner.take(']');
        return std::nullopt;
    }
    if (scanner.peek() != '{') {
        scanner.skip_value();
        return std::nullopt;
    }
    scanner.take('{');
    std::set<std::string> seen;
    if (scanner.take('}')) {
        return std::nullopt;
    }
    do {
        scanner.skip_space();
        const auto offset = scanner.offset();
        const auto key = unescape(scanner.take_string());
        if (!seen.insert(key).second) {
            return JsonProblem{position_at(text, offset),
                               fmt::format("the key \"{}\" stands twice in one object", key)};
        }
        scanner.take(':');
        scanner.skip_space();
        if (auto problem = find_duplicate_key(text, scanner)) {
            return problem;
        }
    } while (scanner.take(','));
    scanner.take('}');
    return std::nullopt;
}

std::string explain(const boost::json::error_code& code, const JsonLimits& limits) {
    if (code == boost::json::error::too_deep) {
        return fmt::format("nested deeper than {} levels", limits.depth);
    }
    if (code == boost::json::error::incomplete) {
        return "the text ends before the JSON value does (a bracket, brace or quote is not closed)";
    }
    return fmt::format("not valid JSON: {}", code.message());
}

void write_pretty(std::string& out, const boost::json::value& value, std::size_t indent) {
    const std::string inner(indent + 2, ' ');
    const auto close = [&](char c) { out += fmt::format("\n{}{}", std::string(indent, ' '), c); };
    if (value.is_object() && !value.get_object().empty()) {
        char separator = '{';
        for (const auto& [key, member] : value.get_object()) {
            out += fmt::format(
                "{}\n{}{}: ", separator, inner, boost::json::serialize(boost::json::value(key)));
            write_pretty(out, member, indent + 2);
            separator = ',';
        }
        close('}');
    } else if (value.is_array() && !value.get_array().empty()) {
        char separator = '[';
        for (const auto& element : value.get_array()) {
            out += fmt::format("{}\n{}", separator, inner);
            write_pretty(out, element, indent + 2);
            separator = ',';
        }
        close(']');
    } else {
        out += boost::json::serialize(value);
    }
}

}  // namespace

JsonPath JsonPath::operator/(std::string_view key) const {
    JsonPath longer = *this;
    longer.parts_.emplace_back(std::string(key));
    return longer;
}

JsonPath JsonPath::operator/(std::size_t index) const {
    JsonPath longer = *this;
    longer.parts_.emplace_back(index);
    return longer;
}

std::string JsonPath::to_string() const {
    std::string text;
    for (const auto& part : parts_) {
        if (const auto* index = std::get_if<std::size_t>(&part)) {
            text += fmt::format("[{}]", *index);
        } else {
            text += (text.empty() ? "" : ".") + std::get<std::string>(part);
        }
    }
    return text;
}

std::variant<boost::json::value, JsonProblem> parse_json(std::string_view text,
                                                         const JsonLimits& limits) {
    if (text.size() > limits.size.bytes()) {
        return JsonProblem{{},
                           fmt::format("{} is larger than the {} that are accepted",
                                       base::to_string(ByteCount(text.size())),
                                       base::to_string(limits.size))};
    }
    const std::size_t skipped = byte_order_mark_size(text);
    boost::json::parse_options options;
    options.max_depth = limits.depth;
    boost::json::stream_parser parser({}, options);
    boost::json::error_code code;
    const std::size_t used = skipped + parser.write(text.substr(skipped), code);
    if (!code) {
        parser.finish(code);
    }
    if (code) {
        return JsonProblem{position_at(text, used), explain(code, limits)};
    }
    Scanner scanner(text);
    if (auto duplicate = find_duplicate_key(text, scanner)) {
        return *duplicate;
    }
    return parser.release();
}

boost::json::value parse_own_json(std::string_view text, std::string_view what) {
    // The checks of parse_json() are for what others wrote, and its places for damage.
    boost::json::error_code failed;
    auto value = boost::json::parse(text, failed);
    if (!failed) {
        return value;
    }
    auto result = parse_json(text, {ByteCount::gib(1), 200});
    if (const auto* problem = std::get_if<JsonProblem>(&result)) {
        throw Error(
            ErrorKind::Corrupt,
            "CorruptDocument",
            fmt::format(
                "{} is damaged: line {}: {}", what, problem->position.line, problem->message));
    }
    return std::get<boost::json::value>(std::move(result));
}

TextPosition locate(std::string_view text, const JsonPath& path) {
    Scanner scanner(text);
    scanner.skip_space();
    std::size_t found = scanner.offset();
    for (const auto& part : path.parts()) {
        const auto* index = std::get_if<std::size_t>(&part);
        const auto next = index != nullptr ? enter_element(scanner, *index)
                                           : enter_member(scanner, std::get<std::string>(part));
        if (!next) {
            break;
        }
        found = *next;
        scanner.skip_space();
    }
    return position_at(text, found);
}

std::string pretty_json(const boost::json::value& value) {
    std::string text;
    write_pretty(text, value, 0);
    return text + "\n";
}

}  // namespace ingot::base
