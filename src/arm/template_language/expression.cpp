// SPDX-License-Identifier: Apache-2.0
#include "arm/template_language/expression.h"

#include "base/error.h"

#include <charconv>

#include <fmt/format.h>

namespace ingot::arm {
namespace {

// ARM's own limit on one expression.
constexpr std::size_t kLongestExpression = 24'576;
// Templates in the wild stay under ten. Bounds the recursion of parser and evaluator.
constexpr std::size_t kDeepestExpression = 64;

bool is_word_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    Expression parse() {
        if (text_.size() > kLongestExpression) {
            fail(fmt::format("it is longer than {} characters", kLongestExpression));
        }
        expect('[');
        Expression whole = parse_value(0);
        expect(']');
        if (at_ != text_.size()) {
            fail("nothing may follow the closing ']'");
        }
        return whole;
    }

  private:
    [[noreturn]] void fail(const std::string& why) const {
        constexpr std::size_t kShown = 120;
        throw base::Error(
            base::ErrorKind::InvalidArgument,
            "InvalidTemplate",
            fmt::format("Unable to parse language expression '{}{}': character {}: {}.",
                        text_.substr(0, kShown),
                        text_.size() > kShown ? "…" : "",
                        at_ + 1,
                        why));
    }

    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    void skip_space() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\r' || peek() == '\n') {
            ++at_;
        }
    }

    bool take(char c) {
        skip_space();
        if (peek() != c) {
            return false;
        }
        ++at_;
        return true;
    }

    void expect(char c) {
        if (!take(c)) {
            fail(fmt::format("expected '{}'", c));
        }
    }

    Expression parse_value(std::size_t depth) {
        if (depth > kDeepestExpression) {
            fail(fmt::format("nested deeper than {} levels", kDeepestExpression));
        }
        Expression value = parse_primary(depth);
        // Each step into a value is one level of evaluation, too.
        for (std::size_t steps = depth; parse_step(value, depth); ++steps) {
            if (steps > kDeepestExpression) {
                fail(fmt::format("more than {} steps into a value", kDeepestExpression));
            }
        }
        return value;
    }

    Expression parse_primary(std::size_t depth) {
        skip_space();
        if (peek() == '\'') {
            return {.kind = Expression::Kind::Text, .word = parse_text(), .of = {}};
        }
        if (peek() == '-' || (peek() >= '0' && peek() <= '9')) {
            return {
                .kind = Expression::Kind::Integer, .word = {}, .number = parse_integer(), .of = {}};
        }
        Expression call{.kind = Expression::Kind::Call, .word = parse_word(), .of = {}};
        while (take('.')) {  // a user-defined function: namespace.name(…)
            call.word += "." + parse_word();
        }
        expect('(');
        if (take(')')) {
            return call;
        }
        do {
            call.of.push_back(parse_value(depth + 1));
        } while (take(','));
        expect(')');
        return call;
    }

    // Puts `value` under the property or index that follows it, if one does.
    bool parse_step(Expression& value, std::size_t depth) {
        Expression step;
        if (take('.')) {
            step = {.kind = Expression::Kind::Property, .word = parse_word(), .of = {}};
            step.of.push_back(std::move(value));
        } else if (take('[')) {
            step = {.kind = Expression::Kind::Index, .word = {}, .of = {}};
            step.of.push_back(std::move(value));
            step.of.push_back(parse_value(depth + 1));
            expect(']');
        } else {
            return false;
        }
        value = std::move(step);
        return true;
    }

    std::string parse_text() {
        std::string text;
        for (++at_; at_ < text_.size(); ++at_) {
            if (peek() != '\'') {
                text += peek();
            } else if (text_.substr(at_).starts_with("''")) {
                text += '\'';
                ++at_;
            } else {
                ++at_;
                return text;
            }
        }
        fail("a text is not closed by '");
    }

    std::int64_t parse_integer() {
        std::int64_t number = 0;
        const auto [end, error] =
            std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
        if (error != std::errc()) {
            fail("not a whole number of 64 bits");
        }
        at_ = static_cast<std::size_t>(end - text_.data());
        return number;
    }

    std::string parse_word() {
        skip_space();
        const auto start = at_;
        while (is_word_character(peek())) {
            ++at_;
        }
        if (at_ == start) {
            fail("expected a name, a number or a 'text'");
        }
        return std::string(text_.substr(start, at_ - start));
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

bool is_expression(std::string_view text) {
    return text.size() > 1 && text.starts_with('[') && text.ends_with(']') &&
           !text.starts_with("[[");
}

std::string unescape_literal(std::string_view text) {
    const bool escaped = text.starts_with("[[") && text.ends_with(']');
    return std::string(escaped ? text.substr(1) : text);
}

Expression parse_expression(std::string_view text) {
    return Parser(text).parse();
}

}  // namespace ingot::arm
