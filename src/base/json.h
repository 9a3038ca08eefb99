// SPDX-License-Identifier: Apache-2.0
// JSON text in and out, with places. Boost.JSON does the parsing; what it lacks is here: limits on
// size and depth with a clear answer, refusal of duplicate keys, and the line and column of any
// path. Mapping a document to a type is the job of the code that owns the type.
#pragma once

#include "base/byte_count.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/json/value.hpp>

namespace ingot::base {

struct TextPosition {
    std::size_t line = 1;    // first line is 1
    std::size_t column = 1;  // first byte of a line is 1
};

// Where in a document: object keys and array indices from the root.
class JsonPath {
  public:
    JsonPath() = default;

    [[nodiscard]] JsonPath operator/(std::string_view key) const;
    [[nodiscard]] JsonPath operator/(std::size_t index) const;

    // properties.distribute[0].type; empty for the root.
    [[nodiscard]] std::string to_string() const;

    using Part = std::variant<std::string, std::size_t>;

    [[nodiscard]] const std::vector<Part>& parts() const { return parts_; }

  private:
    std::vector<Part> parts_;
};

struct JsonLimits {
    // Azure Resource Manager accepts templates of up to 4 MiB.
    ByteCount size = ByteCount::mib(4);
    std::size_t depth = 100;
};

struct JsonProblem {
    TextPosition position;
    std::string message;
};

// The document, or the first thing that is wrong with the text. Never throws for bad input.
[[nodiscard]] std::variant<boost::json::value, JsonProblem> parse_json(
    std::string_view text, const JsonLimits& limits = {});

// For text that Ingot wrote itself: throws Error{Corrupt} naming `what`.
[[nodiscard]] boost::json::value parse_own_json(std::string_view text, std::string_view what);

// The position of the value at `path` in `text` (of its key, where it has one); the nearest
// existing parent's where the path does not exist. `text` must be valid JSON.
[[nodiscard]] TextPosition locate(std::string_view text, const JsonPath& path);

// Two-space indented, keys in their order, ends with a newline.
[[nodiscard]] std::string pretty_json(const boost::json::value& value);

}  // namespace ingot::base
