// SPDX-License-Identifier: Apache-2.0
// Evaluates an ARM deployment template ($schema, parameters, variables, resources): every
// [expression] in its resources becomes a value. Pure: nothing is deployed, nothing is looked up,
// so reference() and list*() are refused, as are copy loops and nested deployments. What the
// resources mean is the caller's business. The template may be hostile: depth and size of all that
// is computed are limited (template_language/evaluator.h).
#pragma once

#include "base/json.h"
#include "base/timestamp.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

namespace ingot::arm {

// Where a deployment takes place: what resourceGroup(), subscription() and utcNow() answer.
struct DeploymentScope {
    std::string subscription_id;
    std::string tenant_id = "00000000-0000-0000-0000-000000000000";
    std::string resource_group;
    std::string location;
    base::Timestamp now;
};

struct TemplateProblem {
    base::JsonPath path;  // in the deployment template; empty for what concerns no place in it
    std::string message;
};

// What a person gave for the template's parameters. Names compare without case; a later value
// replaces an earlier one, so add the file first and the command line after it.
class DeploymentParameters {
  public:
    struct Given {
        std::string name;
        bool is_text = false;  // JSON is read from it where the parameter's type asks for it
        std::string text;
        boost::json::value value;
    };

    // As on a command line, name=value.
    void add_text(std::string_view name, std::string_view text);
    void add_value(std::string_view name, boost::json::value value);

    // The contents of a parameters file: {"$schema", "parameters": {"x": {"value": 1}}}, or just
    // what stands in its "parameters". Throws Error{InvalidArgument, "InvalidParameterFile"}.
    void add_file(const boost::json::value& document);

    [[nodiscard]] bool empty() const { return given_.empty(); }

    [[nodiscard]] const Given* find(std::string_view name) const;

    [[nodiscard]] std::vector<std::string> names() const;

  private:
    std::map<std::string, Given> given_;  // by lower-case name
};

struct EvaluatedResource {
    std::string type;  // "Microsoft.VirtualMachineImages/imageTemplates"
    base::JsonPath path;
    boost::json::value value;               // null if there are problems
    std::vector<TemplateProblem> problems;  // of this resource only
};

struct EvaluatedDeployment {
    // In document order; those whose condition is false are left out.
    std::vector<EvaluatedResource> resources;
    // Of the template as a whole: parameters, shape. If not empty, resources may be missing.
    std::vector<TemplateProblem> problems;
};

// Whether `document` is a deployment template rather than a resource.
[[nodiscard]] bool is_deployment_template(const boost::json::value& document);

// Never throws for bad input.
[[nodiscard]] EvaluatedDeployment evaluate_deployment(const boost::json::value& document,
                                                      const DeploymentParameters& given,
                                                      const DeploymentScope& scope);

}  // namespace ingot::arm
