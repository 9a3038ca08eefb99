// SPDX-License-Identifier: Apache-2.0
// Turns a JSON value with expressions in it into one without. Parameters and variables are
// evaluated when they are first used. Everything computed is paid for from one budget, and all
// nesting counts against one limit, so that a hostile template ends in a problem rather than in
// memory or stack.
#pragma once

#include "arm/template_language/deployment.h"
#include "arm/template_language/expression.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace ingot::arm {

// No reader profits from more problems of one template; hostile ones could have a million.
inline constexpr std::size_t kMostProblems = 100;

using TemplateProblems = std::vector<TemplateProblem>;

// Unless it is there already, or there are too many.
void add_problem(TemplateProblems& problems, const TemplateProblem& problem);

class Evaluator {
  public:
    // Everything given must outlive the evaluator.
    Evaluator(const boost::json::object& declared_parameters,
              const boost::json::object& variables,
              const DeploymentParameters& given,
              const DeploymentScope& scope);

    // What is wrong with parts of the value is added to `problems`; those parts come out as null.
    // Keys of objects may be expressions, too.
    [[nodiscard]] boost::json::value evaluate(const boost::json::value& source,
                                              const base::JsonPath& path,
                                              TemplateProblems& problems);

    // Each declared parameter: given or defaulted, and of its type.
    void check_parameters(TemplateProblems& problems);

  private:
    // A parameter or variable: not yet looked at, being computed, or done.
    struct Named {
        enum class State { Fresh, Underway, Done };
        State state = State::Fresh;
        boost::json::value value;
        TemplateProblems problems;
    };

    using Compute = std::function<boost::json::value(TemplateProblems&)>;

    boost::json::value evaluate_part(const boost::json::value& source,
                                     const base::JsonPath& path,
                                     TemplateProblems& problems);
    boost::json::value evaluate_object(const boost::json::object& source,
                                       const base::JsonPath& path,
                                       TemplateProblems& problems);
    boost::json::value evaluate_text(std::string_view text);
    boost::json::value evaluate_expression(const Expression& expression);
    boost::json::value compute(const Expression& expression);
    boost::json::value call(const Expression& expression);
    boost::json::value choose(const Expression& expression);
    boost::json::value combine(const Expression& expression);
    boost::json::value look_up(const Expression& expression);
    boost::json::value parameter(std::string_view name);
    boost::json::value variable(std::string_view name);
    boost::json::value parameter_value(std::string_view name,
                                       const boost::json::value& declaration,
                                       TemplateProblems& problems);
    void pay_for(const boost::json::value& value);

    static boost::json::value once(Named& named, std::string_view label, const Compute& compute);

    const boost::json::object& declared_parameters_;
    const boost::json::object& variables_;
    const DeploymentParameters& given_;
    const DeploymentScope& scope_;
    std::map<std::string, Named> parameter_values_;  // by lower-case name
    std::map<std::string, Named> variable_values_;
    bool in_parameter_default_ = false;
    std::size_t depth_ = 0;
    std::size_t spent_ = 0;
};

}  // namespace ingot::arm
