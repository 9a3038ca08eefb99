// SPDX-License-Identifier: Apache-2.0
// Numbers, truth and comparison.
#include "arm/template_language/functions.h"
#include "base/ascii.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace ingot::arm {
namespace {

using boost::json::value;

[[noreturn]] void overflow(const Arguments& arguments) {
    arguments.fail("its result is not a whole number of 64 bits");
}

value add(const Arguments& arguments) {
    std::int64_t sum = 0;
    if (__builtin_add_overflow(arguments.integer(0), arguments.integer(1), &sum)) {
        overflow(arguments);
    }
    return sum;
}

value sub(const Arguments& arguments) {
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(arguments.integer(0), arguments.integer(1), &difference)) {
        overflow(arguments);
    }
    return difference;
}

value mul(const Arguments& arguments) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(arguments.integer(0), arguments.integer(1), &product)) {
        overflow(arguments);
    }
    return product;
}

void check_division(const Arguments& arguments) {
    if (arguments.integer(1) == 0) {
        arguments.fail("a division by zero");
    }
    if (arguments.integer(1) == -1 &&
        arguments.integer(0) == std::numeric_limits<std::int64_t>::min()) {
        overflow(arguments);
    }
}

value div(const Arguments& arguments) {
    check_division(arguments);
    return arguments.integer(0) / arguments.integer(1);
}

value mod(const Arguments& arguments) {
    check_division(arguments);
    return arguments.integer(0) % arguments.integer(1);
}

// Of the arguments, or of the one array.
value extreme(const Arguments& arguments, bool largest) {
    const bool is_list = arguments.size() == 1 && arguments[0].is_array();
    const auto numbers =
        is_list ? std::span<const value>(arguments.array(0).data(), arguments.array(0).size())
                : arguments.all();
    if (numbers.empty()) {
        arguments.fail("there is nothing to choose from");
    }
    for (const auto& one : numbers) {
        if (!one.is_int64()) {
            arguments.fail("all values must be ints, but one is " + kind_of(one));
        }
    }
    const auto by_number = [](const value& one) { return one.get_int64(); };
    return largest ? *std::ranges::max_element(numbers, {}, by_number)
                   : *std::ranges::min_element(numbers, {}, by_number);
}

value max(const Arguments& arguments) {
    return extreme(arguments, true);
}

value min(const Arguments& arguments) {
    return extreme(arguments, false);
}

value to_int(const Arguments& arguments) {
    if (arguments[0].is_int64()) {
        return arguments[0];
    }
    const auto text = arguments.text(0);
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
        arguments.fail("the string is not a whole number");
    }
    return number;
}

value to_bool(const Arguments& arguments) {
    if (arguments[0].is_bool()) {
        return arguments[0];
    }
    if (arguments[0].is_int64()) {
        return arguments[0].get_int64() != 0;
    }
    const bool is_true = base::equal_ignoring_case(arguments.text(0), "true");
    if (!is_true && !base::equal_ignoring_case(arguments.text(0), "false")) {
        arguments.fail("the string is neither true nor false");
    }
    return is_true;
}

value negate(const Arguments& arguments) {
    return !arguments.boolean(0);
}

value equals(const Arguments& arguments) {
    return arguments[0] == arguments[1];
}

// Below zero, zero or above: ints by value, strings by their bytes.
int compare(const Arguments& arguments) {
    if (arguments[0].is_string()) {
        return arguments.text(0).compare(arguments.text(1));
    }
    const auto a = arguments.integer(0);
    const auto b = arguments.integer(1);
    return a < b ? -1 : static_cast<int>(a > b);
}

value less(const Arguments& arguments) {
    return compare(arguments) < 0;
}

value less_or_equals(const Arguments& arguments) {
    return compare(arguments) <= 0;
}

value greater(const Arguments& arguments) {
    return compare(arguments) > 0;
}

value greater_or_equals(const Arguments& arguments) {
    return compare(arguments) >= 0;
}

value yes(const Arguments&) {
    return true;
}

value no(const Arguments&) {
    return false;
}

constexpr Function kNumberFunctions[] = {
    {"add", 2, 2, add},
    {"bool", 1, 1, to_bool},
    {"div", 2, 2, div},
    {"equals", 2, 2, equals},
    {"false", 0, 0, no},
    {"greater", 2, 2, greater},
    {"greaterOrEquals", 2, 2, greater_or_equals},
    {"int", 1, 1, to_int},
    {"less", 2, 2, less},
    {"lessOrEquals", 2, 2, less_or_equals},
    {"max", 1, kAnyNumber, max},
    {"min", 1, kAnyNumber, min},
    {"mod", 2, 2, mod},
    {"mul", 2, 2, mul},
    {"not", 1, 1, negate},
    {"sub", 2, 2, sub},
    {"true", 0, 0, yes},
};

}  // namespace

std::span<const Function> number_functions() {
    return kNumberFunctions;
}

}  // namespace ingot::arm
