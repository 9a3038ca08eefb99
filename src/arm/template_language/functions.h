// SPDX-License-Identifier: Apache-2.0
// The functions of ARM's template language that turn values into a value. Pure. Those that look
// things up or choose what to evaluate (parameters, variables, if, and, or) are the evaluator's.
#pragma once

#include "arm/template_language/deployment.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace ingot::arm {

// As large as a whole template may be: no one text or list needs more. Functions check it before
// they make a result larger than their arguments together.
inline constexpr std::size_t kLargestText = std::size_t{4} << 20U;

struct CallContext {
    const DeploymentScope& scope;
    bool in_parameter_default = false;
};

// Throws Error{InvalidArgument, "InvalidTemplate"}: every refusal of this folder.
[[noreturn]] void refuse(const std::string& message);

// "a string", "an array", …
[[nodiscard]] std::string kind_of(const boost::json::value& value);

// The arguments of one call, typed access included: a wrong type refuses the call by name.
class Arguments {
  public:
    Arguments(std::string_view function,
              std::span<const boost::json::value> values,
              const CallContext& context)
        : function_(function), values_(values), context_(context) {}

    [[nodiscard]] std::size_t size() const { return values_.size(); }

    [[nodiscard]] const CallContext& context() const { return context_; }

    [[nodiscard]] const boost::json::value& operator[](std::size_t i) const { return values_[i]; }

    [[nodiscard]] std::span<const boost::json::value> all() const { return values_; }

    [[nodiscard]] std::string_view text(std::size_t i) const;
    [[nodiscard]] std::int64_t integer(std::size_t i) const;
    [[nodiscard]] bool boolean(std::size_t i) const;
    [[nodiscard]] const boost::json::array& array(std::size_t i) const;

    // Names the function.
    [[noreturn]] void fail(std::string_view why) const;

  private:
    [[noreturn]] void fail_type(std::size_t i, std::string_view wanted) const;

    std::string_view function_;
    std::span<const boost::json::value> values_;
    const CallContext& context_;
};

inline constexpr std::size_t kAnyNumber = 800;  // ARM's own limit on arguments

struct Function {
    std::string_view name;
    std::size_t fewest;
    std::size_t most;
    boost::json::value (*call)(const Arguments&);
};

// What string() makes of a value.
[[nodiscard]] std::string to_text(const boost::json::value& value);

// One list per theme, each in its own file.
[[nodiscard]] std::span<const Function> text_functions();
[[nodiscard]] std::span<const Function> collection_functions();
[[nodiscard]] std::span<const Function> number_functions();
[[nodiscard]] std::span<const Function> scope_functions();

// Names compare without case. Refuses an unknown one, saying why where ARM has it and Ingot has
// not.
[[nodiscard]] const Function& find_function(std::string_view name);

}  // namespace ingot::arm
