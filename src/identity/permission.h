// SPDX-License-Identifier: Apache-2.0
// The permission check: may this principal do this action at this scope? Pure and made for every
// request: an AccessTable is compiled once from all roles and assignments and never changes; when
// one of them does, its owner makes another and swaps the pointer. Which action a request is, and
// who the caller is, others know.
#pragma once

#include "base/error.h"
#include "identity/role.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ingot::identity {

// Whether `pattern` covers `action`: without case, `*` stands for any run of characters, slashes
// included.
[[nodiscard]] bool action_matches(std::string_view pattern, std::string_view action);

// Management of a resource (actions), or what it holds (data_actions).
enum class Plane { Control, Data };

class AccessTable {
  public:
    AccessTable() = default;  // allows nothing

    // An assignment of a role that is not among `roles` grants nothing.
    AccessTable(std::span<const RoleDefinition> roles, std::span<const RoleAssignment> assignments);

    // `principal_id` is an object id, `scope` an ARM id or "/". Any thread. A scope with a segment
    // "." or ".." is allowed to nobody.
    [[nodiscard]] bool allows(std::string_view principal_id,
                              std::string_view action,
                              std::string_view scope,
                              Plane plane = Plane::Control) const;

    // The same for a principal and the groups it is in: what one of them may do, all may.
    [[nodiscard]] bool allows_any(std::span<const std::string> principal_ids,
                                  std::string_view action,
                                  std::string_view scope,
                                  Plane plane = Plane::Control) const;

  private:
    struct Rule {  // patterns in lower case
        std::vector<std::string> granted;
        std::vector<std::string> withheld;
    };

    struct Role {
        std::vector<Rule> control;
        std::vector<Rule> data;
    };

    struct Grant {
        std::string scope;  // a scope_key()
        std::uint32_t role;
    };

    struct Question;

    [[nodiscard]] bool allows_key(const Question& question) const;
    [[nodiscard]] static bool grants(const Role& role, const Question& question);
    [[nodiscard]] static bool covers(const Rule& rule, std::string_view action);
    [[nodiscard]] static Role compile(const RoleDefinition& definition);

    std::vector<Role> roles_;
    std::unordered_map<std::string, std::vector<Grant>> grants_;  // by principal, lower case
};

// What ARM answers with 403: Error{Forbidden, "AuthorizationFailed"}. `client` is the client id, or
// the name of a person.
[[nodiscard]] base::Error authorization_failed(std::string_view client,
                                               std::string_view object_id,
                                               std::string_view action,
                                               std::string_view scope);

}  // namespace ingot::identity
