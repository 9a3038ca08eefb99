// SPDX-License-Identifier: Apache-2.0
#include "arm/template_language/deployment.h"

#include "arm/template_language/evaluator.h"
#include "base/ascii.h"
#include "base/error.h"

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace ingot::arm {
namespace {

using base::JsonPath;
using boost::json::object;
using boost::json::value;

const object& member_object(const object& document, std::string_view name) {
    static const object kNone;
    const auto* member = document.if_contains(name);
    return member != nullptr && member->is_object() ? member->get_object() : kNone;
}

// Walks the resources of one template, children after their parents.
class ResourceWalk {
  public:
    ResourceWalk(Evaluator& evaluator, EvaluatedDeployment& result)
        : evaluator_(evaluator), result_(result) {}

    // An array, or with symbolic names (languageVersion 2.0) an object.
    void visit_all(const value& resources, const JsonPath& path, const std::string& parent_type) {
        if (resources.is_array()) {
            std::size_t index = 0;
            for (const auto& resource : resources.get_array()) {
                visit(resource, path / index++, parent_type);
            }
        } else if (resources.is_object()) {
            for (const auto& [name, resource] : resources.get_object()) {
                visit(resource, path / name, parent_type);
            }
        } else {
            add_problem(result_.problems, {path, "The resources of a template must be a list."});
        }
    }

  private:
    void visit(const value& resource, const JsonPath& path, const std::string& parent_type) {
        const auto* fields = resource.if_object();
        if (fields == nullptr) {
            add_problem(result_.problems, {path, "A resource must be an object."});
            return;
        }
        EvaluatedResource evaluated{.type = {}, .path = path, .value = nullptr, .problems = {}};
        if (is_left_out(*fields, evaluated)) {
            return;
        }
        evaluated.type = parent_type + type_of(*fields, evaluated);
        if (fields->contains("copy")) {
            add_problem(evaluated.problems, {path / "copy", "Copy loops are not supported."});
        }
        object own = *fields;
        own.erase("resources");
        own.erase("condition");
        auto result = evaluator_.evaluate(own, path, evaluated.problems);
        if (evaluated.problems.empty()) {
            evaluated.value = std::move(result);
        }
        const std::string type = evaluated.type;
        result_.resources.push_back(std::move(evaluated));
        if (const auto* children = fields->if_contains("resources")) {
            visit_all(*children, path / "resources", type + "/");
        }
    }

    std::string type_of(const object& fields, EvaluatedResource& evaluated) {
        const auto* type = fields.if_contains("type");
        const auto result =
            type == nullptr
                ? value()
                : evaluator_.evaluate(*type, evaluated.path / "type", evaluated.problems);
        if (!result.is_string()) {
            add_problem(evaluated.problems,
                        {evaluated.path, "The resource has no 'type' that is a string."});
            return {};
        }
        return std::string(result.get_string());
    }

    // By its condition, or because it is said to exist already.
    bool is_left_out(const object& fields, EvaluatedResource& evaluated) {
        const auto* existing = fields.if_contains("existing");
        if (existing != nullptr && existing->is_bool() && existing->get_bool()) {
            return true;
        }
        const auto* condition = fields.if_contains("condition");
        if (condition == nullptr) {
            return false;
        }
        const auto place = evaluated.path / "condition";
        const auto result = evaluator_.evaluate(*condition, place, evaluated.problems);
        if (!result.is_bool()) {
            add_problem(evaluated.problems, {place, "The condition of a resource must be a bool."});
            return false;
        }
        return !result.get_bool();
    }

    Evaluator& evaluator_;
    EvaluatedDeployment& result_;
};

[[noreturn]] void refuse_file(const std::string& message) {
    throw base::Error(base::ErrorKind::InvalidArgument, "InvalidParameterFile", message);
}

}  // namespace

void DeploymentParameters::add_text(std::string_view name, std::string_view text) {
    given_[base::to_lower(name)] = {std::string(name), true, std::string(text), {}};
}

void DeploymentParameters::add_value(std::string_view name, value given) {
    given_[base::to_lower(name)] = {std::string(name), false, {}, std::move(given)};
}

void DeploymentParameters::add_file(const value& document) {
    const auto* outer = document.if_object();
    if (outer == nullptr) {
        refuse_file("the parameters file is not a JSON object");
    }
    const bool is_enveloped = outer->contains("$schema") || outer->contains("contentVersion");
    for (const auto& [name, entry] : is_enveloped ? member_object(*outer, "parameters") : *outer) {
        const auto* fields = entry.if_object();
        const auto* given = fields != nullptr ? fields->if_contains("value") : nullptr;
        if (given == nullptr) {
            refuse_file(fmt::format("the parameter '{}' of the parameters file has no \"value\"{}",
                                    std::string_view(name),
                                    fields != nullptr && fields->contains("reference")
                                        ? "; references to a key vault are not supported"
                                        : ""));
        }
        add_value(name, *given);
    }
}

const DeploymentParameters::Given* DeploymentParameters::find(std::string_view name) const {
    const auto found = given_.find(base::to_lower(name));
    return found == given_.end() ? nullptr : &found->second;
}

std::vector<std::string> DeploymentParameters::names() const {
    std::vector<std::string> names;
    for (const auto& [key, given] : given_) {
        names.push_back(given.name);
    }
    return names;
}

bool is_deployment_template(const value& document) {
    const auto* fields = document.if_object();
    return fields != nullptr && !fields->contains("properties") &&
           (fields->contains("resources") || fields->contains("contentVersion") ||
            fields->contains("$schema"));
}

EvaluatedDeployment evaluate_deployment(const value& document,
                                        const DeploymentParameters& given,
                                        const DeploymentScope& scope) {
    EvaluatedDeployment result;
    const auto* fields = document.if_object();
    if (fields == nullptr) {
        result.problems.emplace_back().message = "A deployment template must be a JSON object.";
        return result;
    }
    Evaluator evaluator(
        member_object(*fields, "parameters"), member_object(*fields, "variables"), given, scope);
    evaluator.check_parameters(result.problems);
    const auto* resources = fields->if_contains("resources");
    if (resources == nullptr) {
        add_problem(result.problems, {{}, "The deployment template has no 'resources'."});
        return result;
    }
    ResourceWalk(evaluator, result).visit_all(*resources, JsonPath() / "resources", "");
    return result;
}

}  // namespace ingot::arm
