// SPDX-License-Identifier: Apache-2.0
#include "arm/template_language/functions.h"
#include "base/ascii.h"
#include "base/json.h"

#include <algorithm>
#include <set>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace ingot::arm {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

value create_array(const Arguments& arguments) {
    return array(arguments.all().begin(), arguments.all().end());
}

value create_object(const Arguments& arguments) {
    if (arguments.size() % 2 != 0) {
        arguments.fail("it takes pairs of a name and a value");
    }
    object result;
    for (std::size_t i = 0; i < arguments.size(); i += 2) {
        result.insert_or_assign(arguments.text(i), arguments[i + 1]);
    }
    return result;
}

value as_array(const Arguments& arguments) {
    return arguments[0].is_array() ? arguments[0] : value(array{arguments[0]});
}

value json(const Arguments& arguments) {
    auto parsed = base::parse_json(arguments.text(0));
    if (const auto* problem = std::get_if<base::JsonProblem>(&parsed)) {
        arguments.fail(problem->message);
    }
    return std::get<value>(std::move(parsed));
}

value length(const Arguments& arguments) {
    const auto& of = arguments[0];
    std::size_t count = 0;
    if (of.is_array()) {
        count = of.get_array().size();
    } else if (of.is_object()) {
        count = of.get_object().size();
    } else {
        count = arguments.text(0).size();
    }
    return static_cast<std::int64_t>(count);
}

value empty(const Arguments& arguments) {
    return arguments[0].is_null() || length(arguments).get_int64() == 0;
}

value contains(const Arguments& arguments) {
    const auto& container = arguments[0];
    if (container.is_array()) {
        return std::ranges::find(container.get_array(), arguments[1]) !=
               container.get_array().end();
    }
    if (container.is_object()) {
        return std::ranges::any_of(container.get_object(), [&](const auto& member) {
            return base::equal_ignoring_case(member.key(), arguments.text(1));
        });
    }
    return arguments.text(0).find(to_text(arguments[1])) != std::string_view::npos;
}

// The first or last element of an array, or character of a string; of nothing: null or "".
value element(const Arguments& arguments, bool first) {
    if (arguments[0].is_array()) {
        const auto& elements = arguments.array(0);
        return elements.empty() ? value() : first ? elements.front() : elements.back();
    }
    const auto text = arguments.text(0);
    return value(text.empty() ? text : text.substr(first ? 0 : text.size() - 1, 1));
}

value first(const Arguments& arguments) {
    return element(arguments, true);
}

value last(const Arguments& arguments) {
    return element(arguments, false);
}

// The first `argument 2` elements or characters, and what is left without them.
std::size_t clamped_count(const Arguments& arguments, std::size_t size) {
    return std::min(static_cast<std::size_t>(std::max<std::int64_t>(arguments.integer(1), 0)),
                    size);
}

value take(const Arguments& arguments) {
    if (arguments[0].is_array()) {
        const auto& all = arguments.array(0);
        return array(all.begin(), all.begin() + clamped_count(arguments, all.size()));
    }
    return value(arguments.text(0).substr(0, clamped_count(arguments, arguments.text(0).size())));
}

value skip(const Arguments& arguments) {
    if (arguments[0].is_array()) {
        const auto& all = arguments.array(0);
        return array(all.begin() + clamped_count(arguments, all.size()), all.end());
    }
    return value(arguments.text(0).substr(clamped_count(arguments, arguments.text(0).size())));
}

void merge_into(object& target, const object& other) {
    for (const auto& [key, member] : other) {
        auto* const existing = target.if_contains(key);
        if (existing != nullptr && existing->is_object() && member.is_object()) {
            merge_into(existing->get_object(), member.get_object());
        } else {
            target.insert_or_assign(key, member);
        }
    }
}

value union_of_objects(const Arguments& arguments) {
    object all;
    for (const auto& part : arguments.all()) {
        if (!part.is_object()) {
            arguments.fail("all arguments must be arrays, or all objects");
        }
        merge_into(all, part.get_object());
    }
    return all;
}

value union_of(const Arguments& arguments) {
    if (!arguments[0].is_array()) {
        return union_of_objects(arguments);
    }
    array all;
    std::set<std::string> seen;  // by text: comparing each with each would take too long
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        for (const auto& one : arguments.array(i)) {
            if (seen.insert(boost::json::serialize(one)).second) {
                all.push_back(one);
            }
        }
    }
    return all;
}

value coalesce(const Arguments& arguments) {
    const auto found =
        std::ranges::find_if(arguments.all(), [](const value& one) { return !one.is_null(); });
    return found == arguments.all().end() ? value() : *found;
}

value null(const Arguments&) {
    return {};
}

constexpr Function kCollectionFunctions[] = {
    {"array", 1, 1, as_array},
    {"coalesce", 1, kAnyNumber, coalesce},
    {"contains", 2, 2, contains},
    {"createArray", 0, kAnyNumber, create_array},
    {"createObject", 0, kAnyNumber, create_object},
    {"empty", 1, 1, empty},
    {"first", 1, 1, first},
    {"json", 1, 1, json},
    {"last", 1, 1, last},
    {"length", 1, 1, length},
    {"null", 0, 0, null},
    {"skip", 2, 2, skip},
    {"take", 2, 2, take},
    {"union", 1, kAnyNumber, union_of},
};

}  // namespace

std::span<const Function> collection_functions() {
    return kCollectionFunctions;
}

}  // namespace ingot::arm
