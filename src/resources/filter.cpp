// SPDX-License-Identifier: Apache-2.0
#include "resources/filter.h"

#include "base/ascii.h"

#include <cctype>
#include <optional>

#include <fmt/format.h>

namespace ingot::resources {
namespace {

// Words, quoted texts and brackets, one after the other. Nothing where the next is none of these.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool at_end() {
        skip_spaces();
        return rest_.empty();
    }

    // Names, operators, and values without quotes such as times.
    [[nodiscard]] std::optional<std::string> word() {
        skip_spaces();
        std::size_t length = 0;
        while (length < rest_.size() && is_of_word(rest_[length])) {
            ++length;
        }
        std::string word(rest_.substr(0, length));
        rest_.remove_prefix(length);
        return word.empty() ? std::nullopt : std::optional(std::move(word));
    }

    // A quote inside is written twice.
    [[nodiscard]] std::optional<std::string> quoted() {
        std::string text;
        if (!take('\'')) {
            return std::nullopt;
        }
        while (!rest_.empty()) {
            const char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '\'' && !rest_.starts_with('\'')) {
                return text;
            }
            rest_.remove_prefix(c == '\'' ? 1 : 0);
            text += c;
        }
        return std::nullopt;
    }

    [[nodiscard]] bool take(char wanted) {
        skip_spaces();
        const bool there = rest_.starts_with(wanted);
        rest_.remove_prefix(there ? 1 : 0);
        return there;
    }

    [[nodiscard]] bool begins_with(char wanted) {
        skip_spaces();
        return rest_.starts_with(wanted);
    }

  private:
    static bool is_of_word(char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               std::string_view("_-./:+").find(c) != std::string_view::npos;
    }

    void skip_spaces() {
        while (rest_.starts_with(' ') || rest_.starts_with('\t')) {
            rest_.remove_prefix(1);
        }
    }

    std::string_view rest_;
};

std::optional<std::string> read_value(Scanner& scanner) {
    return scanner.begins_with('\'') ? scanner.quoted() : scanner.word();
}

std::optional<FilterTerm> read_term(Scanner& scanner) {
    const auto name = scanner.word();
    if (!name) {
        return std::nullopt;
    }
    FilterTerm term{.name = base::to_lower(*name)};
    const bool is_function = scanner.take('(');
    if (is_function && scanner.take(')')) {
        return term;
    }
    if (!is_function) {
        term.operation = base::to_lower(scanner.word().value_or(""));
    }
    const auto value = read_value(scanner);
    if (!value || (is_function ? !scanner.take(')') : term.operation.empty())) {
        return std::nullopt;
    }
    term.value = *value;
    return term;
}

}  // namespace

std::vector<FilterTerm> parse_filter(std::string_view text, std::string_view supported) {
    Scanner scanner(text);
    std::vector<FilterTerm> terms;
    bool more = !scanner.at_end();
    while (more) {
        auto term = read_term(scanner);
        if (!term) {
            throw unsupported_filter(text, supported);
        }
        terms.push_back(std::move(*term));
        more = !scanner.at_end();
        if (more && !base::equal_ignoring_case(scanner.word().value_or(""), "and")) {
            throw unsupported_filter(text, supported);
        }
    }
    return terms;
}

base::Error unsupported_filter(std::string_view text, std::string_view supported) {
    return {base::ErrorKind::InvalidArgument,
            "InvalidFilterInQueryString",
            fmt::format("Invalid $filter '{}' specified in the query string. Supported here: {}.",
                        text,
                        supported)};
}

}  // namespace ingot::resources
