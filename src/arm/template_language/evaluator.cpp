// SPDX-License-Identifier: Apache-2.0
#include "arm/template_language/evaluator.h"

#include "arm/template_language/functions.h"
#include "arm/template_language/member_access.h"
#include "arm/template_language/parameters.h"
#include "base/ascii.h"
#include "base/error.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>

namespace ingot::arm {
namespace {

using base::JsonPath;
using boost::json::array;
using boost::json::object;
using boost::json::value;

// A value costs its text and a little for each element. Real templates cost some kilobytes; the
// largest text ARM accepts as a template is 4 MiB.
constexpr std::size_t kBudget = std::size_t{32} << 20U;
constexpr std::size_t kCostOfOne = 16;
// Of all that is underway at once: levels of the document, of expressions, of variables that refer
// to variables. Small enough for a thread's stack with sanitizers on.
constexpr std::size_t kDeepestEvaluation = 250;
constexpr std::size_t kDeepestValue = 100;

// Something that was used has failed; its problems have their own places.
class FailedElsewhere : public std::exception {
  public:
    explicit FailedElsewhere(TemplateProblems problems) : problems_(std::move(problems)) {}

    [[nodiscard]] const TemplateProblems& problems() const { return problems_; }

  private:
    TemplateProblems problems_;
};

// One level of nesting for as long as it lives.
class Level {
  public:
    explicit Level(std::size_t& depth) : depth_(depth) {
        if (depth_ == kDeepestEvaluation) {
            refuse(
                fmt::format("The template nests expressions and variables deeper than {} levels.",
                            kDeepestEvaluation));
        }
        ++depth_;
    }

    ~Level() { --depth_; }

    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

  private:
    std::size_t& depth_;
};

std::size_t cost_of(const value& of, std::size_t depth = 0) {
    if (depth > kDeepestValue) {
        refuse(fmt::format("A value nests deeper than {} levels.", kDeepestValue));
    }
    std::size_t cost = kCostOfOne;
    if (of.is_string()) {
        cost += of.get_string().size();
    } else if (of.is_array()) {
        for (const auto& element : of.get_array()) {
            cost += cost_of(element, depth + 1);
        }
    } else if (of.is_object()) {
        for (const auto& [key, member] : of.get_object()) {
            cost += key.size() + cost_of(member, depth + 1);
        }
    }
    return cost;
}

// The name in parameters('x') or variables('x').
std::string name_argument(const value& name, std::string_view function) {
    if (!name.is_string()) {
        refuse(fmt::format(
            "The template language function '{}' takes a name, not {}.", function, kind_of(name)));
    }
    return std::string(name.get_string());
}

void check_count(const Expression& call, std::size_t fewest, std::size_t most) {
    if (call.of.size() < fewest || call.of.size() > most) {
        refuse(fmt::format("The template function '{}' takes {} to {} arguments, not {}.",
                           call.word,
                           fewest,
                           most,
                           call.of.size()));
    }
}

bool boolean_of(const value& of, std::string_view function) {
    if (!of.is_bool()) {
        refuse(
            fmt::format("The template function '{}' needs a bool, not {}.", function, kind_of(of)));
    }
    return of.get_bool();
}

bool same_place(const TemplateProblem& a, const TemplateProblem& b) {
    return a.message == b.message && a.path.parts() == b.path.parts();
}

}  // namespace

void add_problem(TemplateProblems& problems, const TemplateProblem& problem) {
    const bool known = std::ranges::any_of(
        problems, [&](const TemplateProblem& other) { return same_place(other, problem); });
    if (!known && problems.size() < kMostProblems) {
        problems.push_back(problem);
    }
}

Evaluator::Evaluator(const object& declared_parameters,
                     const object& variables,
                     const DeploymentParameters& given,
                     const DeploymentScope& scope)
    : declared_parameters_(declared_parameters),
      variables_(variables),
      given_(given),
      scope_(scope) {}

value Evaluator::evaluate(const value& source, const JsonPath& path, TemplateProblems& problems) {
    if (problems.size() >= kMostProblems) {
        return nullptr;
    }
    try {
        return evaluate_part(source, path, problems);
    } catch (const FailedElsewhere& failure) {
        for (const auto& problem : failure.problems()) {
            add_problem(problems, problem);
        }
    } catch (const base::Error& error) {
        add_problem(problems, {path, error.message()});
    }
    return nullptr;
}

value Evaluator::evaluate_part(const value& source,
                               const JsonPath& path,
                               TemplateProblems& problems) {
    const Level level(depth_);
    if (source.is_string()) {
        return evaluate_text(source.get_string());
    }
    if (source.is_object()) {
        return evaluate_object(source.get_object(), path, problems);
    }
    if (!source.is_array()) {
        return source;
    }
    array result;
    for (const auto& element : source.get_array()) {
        result.push_back(evaluate(element, path / result.size(), problems));
    }
    return result;
}

value Evaluator::evaluate_object(const object& source,
                                 const JsonPath& path,
                                 TemplateProblems& problems) {
    object result;
    for (const auto& [key, member] : source) {
        const auto place = path / key;
        const value name = evaluate(value(key), place, problems);
        if (!name.is_string()) {
            add_problem(problems, {place, "The name of a property must be a string."});
            continue;
        }
        auto part = evaluate(member, place, problems);
        if (!result.emplace(name.get_string(), std::move(part)).second) {
            add_problem(problems,
                        {place, fmt::format("The property '{}' stands twice.", to_text(name))});
        }
    }
    return result;
}

value Evaluator::evaluate_text(std::string_view text) {
    return is_expression(text) ? evaluate_expression(parse_expression(text))
                               : value(unescape_literal(text));
}

value Evaluator::evaluate_expression(const Expression& expression) {
    const Level level(depth_);
    value result = compute(expression);
    pay_for(result);
    return result;
}

value Evaluator::compute(const Expression& expression) {
    switch (expression.kind) {
        case Expression::Kind::Text:
            return value(expression.word);
        case Expression::Kind::Integer:
            return expression.number;
        case Expression::Kind::Call:
            return call(expression);
        case Expression::Kind::Property:
            return property_of(evaluate_expression(expression.of[0]), expression.word);
        case Expression::Kind::Index:
            return element_of(evaluate_expression(expression.of[0]),
                              evaluate_expression(expression.of[1]));
    }
    return nullptr;
}

value Evaluator::call(const Expression& expression) {
    const std::string name = base::to_lower(expression.word);
    if (name == "parameters" || name == "variables") {
        return look_up(expression);
    }
    if (name == "if") {
        return choose(expression);
    }
    if (name == "and" || name == "or") {
        return combine(expression);
    }
    const Function& function = find_function(expression.word);
    check_count(expression, function.fewest, function.most);
    std::vector<value> arguments;
    for (const auto& argument : expression.of) {
        arguments.push_back(evaluate_expression(argument));
    }
    const CallContext context{scope_, in_parameter_default_};
    return function.call(Arguments(function.name, arguments, context));
}

value Evaluator::look_up(const Expression& expression) {
    check_count(expression, 1, 1);
    const auto name = name_argument(evaluate_expression(expression.of[0]), expression.word);
    return base::equal_ignoring_case(expression.word, "parameters") ? parameter(name)
                                                                    : variable(name);
}

// Only the chosen branch is evaluated: the other may be an error under this condition.
value Evaluator::choose(const Expression& expression) {
    check_count(expression, 3, 3);
    const bool condition = boolean_of(evaluate_expression(expression.of[0]), expression.word);
    return evaluate_expression(expression.of[condition ? 1 : 2]);
}

value Evaluator::combine(const Expression& expression) {
    check_count(expression, 2, kAnyNumber);
    const bool decisive = base::equal_ignoring_case(expression.word, "or");
    for (const auto& argument : expression.of) {
        if (boolean_of(evaluate_expression(argument), expression.word) == decisive) {
            return decisive;
        }
    }
    return !decisive;
}

value Evaluator::once(Named& named, std::string_view label, const Compute& compute) {
    if (named.state == Named::State::Underway) {
        refuse(fmt::format("The template {} refers to itself (cyclic).", label));
    }
    if (named.state == Named::State::Fresh) {
        named.state = Named::State::Underway;
        named.value = compute(named.problems);
        named.state = Named::State::Done;
    }
    if (!named.problems.empty()) {
        throw FailedElsewhere(named.problems);
    }
    return named.value;
}

value Evaluator::parameter(std::string_view name) {
    const auto* declared = find_member(declared_parameters_, name);
    if (declared == nullptr) {
        refuse(fmt::format("The template parameter '{}' is not found.", name));
    }
    return once(parameter_values_[base::to_lower(name)],
                fmt::format("parameter '{}'", name),
                [&](TemplateProblems& problems) {
                    return parameter_value(declared->key(), declared->value(), problems);
                });
}

value Evaluator::parameter_value(std::string_view name,
                                 const value& declaration,
                                 TemplateProblems& problems) {
    const JsonPath path = JsonPath() / "parameters" / name;
    const auto* declared = declaration.if_object();
    if (declared == nullptr) {
        add_problem(problems, {path, fmt::format("The parameter '{}' is not an object.", name)});
        return nullptr;
    }
    const auto* given = given_.find(name);
    const auto* fallback = declared->if_contains("defaultValue");
    value result;
    if (given == nullptr && fallback == nullptr) {
        add_problem(problems,
                    {path,
                     fmt::format("The value for the template parameter '{}' is not provided, "
                                 "and it has no defaultValue.",
                                 name)});
        return nullptr;
    }
    if (given == nullptr) {
        const bool outer = std::exchange(in_parameter_default_, true);
        result = evaluate(*fallback, path / "defaultValue", problems);
        in_parameter_default_ = outer;
    }
    try {
        if (given != nullptr) {
            result = typed_value(*declared, *given);
        }
        if (problems.empty()) {
            check_parameter(name, *declared, result);
            pay_for(result);
        }
    } catch (const base::Error& error) {
        add_problem(problems, {path, error.message()});
    }
    return result;
}

value Evaluator::variable(std::string_view name) {
    const auto* declared = find_member(variables_, name);
    if (declared == nullptr) {
        refuse(fmt::format("The template variable '{}' is not found{}.",
                           name,
                           variables_.contains("copy") ? " (copy loops are not supported)" : ""));
    }
    return once(variable_values_[base::to_lower(name)],
                fmt::format("variable '{}'", name),
                [&](TemplateProblems& problems) {
                    return evaluate(
                        declared->value(), JsonPath() / "variables" / declared->key(), problems);
                });
}

void Evaluator::check_parameters(TemplateProblems& problems) {
    for (const auto& member : declared_parameters_) {
        try {
            (void)parameter(member.key());
        } catch (const FailedElsewhere& failure) {
            for (const auto& problem : failure.problems()) {
                add_problem(problems, problem);
            }
        }
    }
    for (const auto& name : given_.names()) {
        if (find_member(declared_parameters_, name) == nullptr) {
            add_problem(problems,
                        {JsonPath() / "parameters",
                         fmt::format("The parameter '{}' was supplied, but does not correspond to "
                                     "any parameter defined in the template. The parameters "
                                     "defined in the template are: '{}'.",
                                     name,
                                     names_in(declared_parameters_))});
        }
    }
}

void Evaluator::pay_for(const value& of) {
    if (spent_ <= kBudget) {
        spent_ += cost_of(of);
    }
    if (spent_ > kBudget) {
        refuse(fmt::format("The template's expressions compute more than {} bytes.", kBudget));
    }
}

}  // namespace ingot::arm
