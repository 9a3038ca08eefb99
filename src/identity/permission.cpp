// SPDX-License-Identifier: Apache-2.0
#include "identity/permission.h"

#include "base/ascii.h"
#include "identity/scope.h"

#include <algorithm>

#include <fmt/format.h>

namespace ingot::identity {
namespace {

using base::to_lower;

// Both in lower case. Goes back to the last star only, so it is linear for what people write and
// quadratic at worst.
bool matches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view action) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) {
        return matches(pattern, action);
    });
}

std::vector<std::string> lower_all(const std::vector<std::string>& patterns) {
    std::vector<std::string> result;
    result.reserve(patterns.size());
    for (const auto& pattern : patterns) {
        result.push_back(to_lower(pattern));
    }
    return result;
}

// Such a path means one thing to who compares texts and another to who resolves it.
bool has_dot_segment(std::string_view key) {
    return key.ends_with("/.") || key.ends_with("/..") ||
           key.find("/./") != std::string_view::npos || key.find("/../") != std::string_view::npos;
}

}  // namespace

// Everything in lower case, so that comparing is comparing bytes.
struct AccessTable::Question {
    std::string principal;
    std::string_view action;
    std::string_view scope;
    Plane plane;
};

bool action_matches(std::string_view pattern, std::string_view action) {
    return matches(to_lower(pattern), to_lower(action));
}

AccessTable::AccessTable(std::span<const RoleDefinition> roles,
                         std::span<const RoleAssignment> assignments) {
    std::unordered_map<std::string, std::uint32_t> index;
    for (const auto& definition : roles) {
        const auto next = static_cast<std::uint32_t>(roles_.size());
        if (index.emplace(to_lower(definition.id), next).second) {
            roles_.push_back(compile(definition));
        }
    }
    for (const auto& assignment : assignments) {
        const auto role = index.find(role_definition_uuid(assignment.role_definition_id));
        if (role != index.end()) {
            grants_[to_lower(assignment.principal_id)].push_back(
                {scope_key(assignment.scope), role->second});
        }
    }
}

AccessTable::Role AccessTable::compile(const RoleDefinition& definition) {
    Role role;
    for (const auto& permission : definition.permissions) {
        role.control.push_back({lower_all(permission.actions), lower_all(permission.not_actions)});
        role.data.push_back(
            {lower_all(permission.data_actions), lower_all(permission.not_data_actions)});
    }
    return role;
}

bool AccessTable::covers(const Rule& rule, std::string_view action) {
    return any_matches(rule.granted, action) && !any_matches(rule.withheld, action);
}

bool AccessTable::grants(const Role& role, const Question& question) {
    const auto& rules = question.plane == Plane::Control ? role.control : role.data;
    return std::any_of(rules.begin(), rules.end(), [&](const auto& rule) {
        return covers(rule, question.action);
    });
}

bool AccessTable::allows_key(const Question& question) const {
    const auto found = grants_.find(question.principal);
    if (found == grants_.end() || question.action.empty()) {
        return false;
    }
    return std::any_of(found->second.begin(), found->second.end(), [&](const auto& grant) {
        return key_contains(grant.scope, question.scope) && grants(roles_[grant.role], question);
    });
}

bool AccessTable::allows(std::string_view principal_id,
                         std::string_view action,
                         std::string_view scope,
                         Plane plane) const {
    const auto wanted = to_lower(action);
    const auto where = scope_key(scope);
    return !has_dot_segment(where) && allows_key({to_lower(principal_id), wanted, where, plane});
}

bool AccessTable::allows_any(std::span<const std::string> principal_ids,
                             std::string_view action,
                             std::string_view scope,
                             Plane plane) const {
    return std::any_of(principal_ids.begin(), principal_ids.end(), [&](const auto& id) {
        return allows(id, action, scope, plane);
    });
}

base::Error authorization_failed(std::string_view client,
                                 std::string_view object_id,
                                 std::string_view action,
                                 std::string_view scope) {
    return {base::ErrorKind::Forbidden,
            "AuthorizationFailed",
            fmt::format("The client '{}' with object id '{}' does not have authorization to "
                        "perform action '{}' over scope '{}' or the scope is invalid. If access "
                        "was recently granted, please refresh your credentials.",
                        client,
                        object_id,
                        action,
                        scope)};
}

}  // namespace ingot::identity
