// SPDX-License-Identifier: Apache-2.0
#include "templates/scalar_decoding.h"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::templates {
namespace {

using base::JsonPath;
using boost::json::value;

class ScalarDecoder {
  public:
    ScalarDecoder(const Field& field, const JsonPath& object, Findings& findings)
        : field_(field), object_(object), findings_(findings) {}

    std::optional<value> decode(const value& source) {
        switch (field_.kind) {
            case Kind::Text:
                return decode_text(source);
            case Kind::Integer:
                return decode_integer(source);
            case Kind::Boolean:
                return source.is_bool() ? std::optional(source)
                                        : wrong(source, "It must be true or false.");
            case Kind::TextList:
            case Kind::IntegerList:
                return decode_list(source);
            case Kind::TextMap:
                return decode_text_map(source);
            case Kind::Object:
            case Kind::ObjectList:
            case Kind::ObjectMap:
                break;  // the codec's own
        }
        return std::nullopt;
    }

  private:
    std::optional<value> wrong(const value& source, std::string_view hint = {}) {
        findings_.bad_value(object_, field_.name, source, hint);
        return std::nullopt;
    }

    std::optional<value> decode_text(const value& source) {
        if (!source.is_string()) {
            return wrong(source, "It must be a string.");
        }
        if (source.get_string().empty()) {
            return std::nullopt;
        }
        if (!field_.choices.empty()) {
            return decode_choice(source);
        }
        return is_accepted(source) ? std::optional(source) : wrong(source);
    }

    [[nodiscard]] bool is_accepted(const value& text) const {
        return field_.accepts == nullptr || field_.accepts(text.get_string());
    }

    std::optional<value> decode_choice(const value& source) {
        std::vector<std::string_view> words;
        for (const auto& choice : field_.choices) {
            if (choice.in.contains(findings_.version())) {
                words.push_back(choice.word);
            }
        }
        if (std::ranges::find(words, std::string_view(source.get_string())) != words.end()) {
            return source;
        }
        return wrong(source,
                     fmt::format("In api-version {} it is one of: {}.",
                                 to_string(findings_.version()),
                                 fmt::join(words, ", ")));
    }

    std::optional<value> decode_integer(const value& source) {
        const auto* number = source.if_int64();
        if (number != nullptr && field_.least <= *number && *number <= field_.most) {
            return source;
        }
        return wrong(
            source,
            fmt::format("It must be a whole number from {} to {}.", field_.least, field_.most));
    }

    std::optional<value> decode_list(const value& source) {
        const bool of_text = field_.kind == Kind::TextList;
        const char* hint =
            of_text ? "It must be a list of strings." : "It must be a list of whole numbers.";
        if (!source.is_array()) {
            return wrong(source, hint);
        }
        const auto& elements = source.get_array();
        for (std::size_t i = 0; i < elements.size(); ++i) {
            const bool right_kind = of_text ? elements[i].is_string() : elements[i].is_int64();
            if (!right_kind || (of_text && !is_accepted(elements[i]))) {
                findings_.bad_element(object_, field_.name, i, elements[i], right_kind ? "" : hint);
                return std::nullopt;
            }
        }
        return source;
    }

    std::optional<value> decode_text_map(const value& source) {
        if (!source.is_object()) {
            return wrong(source, "It must be an object of strings.");
        }
        boost::json::object result;
        for (const auto& [key, member] : source.get_object()) {
            if (member.is_string()) {
                result[key] = member;
            } else {
                findings_.bad_value(object_ / field_.name, key, member, "It must be a string.");
            }
        }
        return result;
    }

    const Field& field_;
    const JsonPath& object_;
    Findings& findings_;
};

}  // namespace

std::optional<value> decode_scalar(const Field& field,
                                   const value& source,
                                   const JsonPath& object,
                                   Findings& findings) {
    return ScalarDecoder(field, object, findings).decode(source);
}

}  // namespace ingot::templates
