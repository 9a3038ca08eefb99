// SPDX-License-Identifier: Apache-2.0
// Who may do what: the role definitions and assignments of the resource repository, compiled once
// and swapped whenever one of them changed, so that a request's check touches no database. The
// check itself is identity/permission.h's; who the caller is, the transport finds out. One process
// serves a repository: what others write is seen after the next changed().
#pragma once

#include "identity/permission.h"
#include "identity/role.h"
#include "resources/call.h"
#include "resources/resource_repository.h"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ingot::providers {

// All roles and assignments at one moment. Never changes.
struct AccessSnapshot {
    std::vector<identity::RoleDefinition> roles{};  // built-in ones first
    std::vector<identity::RoleAssignment> assignments{};
    identity::AccessTable table{};
    // Where a principal holds any role: scope keys, by object id in lower case.
    std::unordered_map<std::string, std::vector<std::string>> scopes{};

    // Nothing if there is none. By UUID in any case.
    [[nodiscard]] const identity::RoleDefinition* role(std::string_view uuid) const;
};

// Any thread.
class Access {
  public:
    // Must outlive this. Reads the repository.
    explicit Access(resources::ResourceRepository& repository);

    // An administrator may everything.
    [[nodiscard]] bool may(const resources::Caller& caller,
                           std::string_view action,
                           std::string_view scope,
                           identity::Plane plane = identity::Plane::Control) const;

    // Whether the caller holds any role at this scope, above it or below it: then a client may know
    // that the scope exists.
    [[nodiscard]] bool knows(const resources::Caller& caller, std::string_view scope) const;

    // What the caller's roles grant at this scope.
    [[nodiscard]] std::vector<identity::Permission> permissions(const resources::Caller& caller,
                                                                std::string_view scope) const;

    [[nodiscard]] std::shared_ptr<const AccessSnapshot> now() const;

    // To be held by who writes roles or assignments, from looking at what there is until changed():
    // so that no two assignments become equal and no role vanishes while it is assigned.
    [[nodiscard]] std::unique_lock<std::mutex> begin_change() const {
        return std::unique_lock(changing_);
    }

    // Reads the repository again. To be called after every write of a role or an assignment.
    void changed();

  private:
    resources::ResourceRepository& repository_;
    mutable std::mutex changing_;
    std::mutex compiling_;
    mutable std::mutex swapping_;
    std::shared_ptr<const AccessSnapshot> snapshot_;
};

}  // namespace ingot::providers
