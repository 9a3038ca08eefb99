// SPDX-License-Identifier: Apache-2.0
#include "arm/resource_id.h"
#include "base/ascii.h"
#include "base/error.h"
#include "base/uuid.h"
#include "identity/scope.h"
#include "providers/body_members.h"
#include "providers/role_documents.h"
#include "providers/roles.h"
#include "resources/documents.h"
#include "resources/filter.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using identity::PrincipalType;
using identity::RoleAssignment;
using resources::Answer;
using resources::Call;
using resources::FilterTerm;

constexpr std::string_view kWriteAssignment = "Microsoft.Authorization/roleAssignments/write";
constexpr std::string_view kDeleteAssignment = "Microsoft.Authorization/roleAssignments/delete";
constexpr std::string_view kAssignmentFilters =
    "atScope(), assignedTo('object id'), principalId eq 'object id', and these joined by 'and'";

Error refused_assignment(std::string code, std::string message) {
    return {ErrorKind::InvalidArgument, std::move(code), std::move(message)};
}

std::string scope_of(const Call& call) {
    return call.path.scope.empty() ? "/" : call.path.scope;
}

void check_scope(const Call& call) {
    const auto id = arm::ResourceId::try_parse(call.path.scope);
    if (!call.path.scope.empty() && (!id || id->subscription().empty())) {
        throw Error(ErrorKind::NotFound,
                    "MissingSubscription",
                    fmt::format("The scope '{}' is neither a subscription nor below one.",
                                call.path.scope));
    }
}

std::string required(const boost::json::object& properties, std::string_view name) {
    auto text = text_member(properties, name);
    if (text.empty()) {
        throw refused_assignment(
            "BadRequestFormat",
            fmt::format("The request was incorrectly formatted: 'properties.{}' is "
                        "missing.",
                        name));
    }
    return text;
}

// From its ARM id at any scope, or itself.
std::string role_uuid_in(const boost::json::object& properties) {
    const auto id = required(properties, "roleDefinitionId");
    auto uuid = identity::role_definition_uuid(id);
    const auto folder = base::to_lower(id.substr(0, id.size() - uuid.size()));
    const bool is_id =
        folder.empty() || folder.ends_with("/providers/microsoft.authorization/roledefinitions/");
    if (!is_id || !base::is_uuid(uuid)) {
        throw refused_assignment("InvalidRoleDefinitionId",
                                 fmt::format("The role definition ID '{}' is not valid.", id));
    }
    return uuid;
}

// Nothing if it is not said.
std::optional<PrincipalType> principal_type_in(const boost::json::object& properties) {
    const auto text = text_member(properties, "principalType");
    for (const auto type :
         {PrincipalType::ServicePrincipal, PrincipalType::User, PrincipalType::Group}) {
        if (base::equal_ignoring_case(text, to_string(type))) {
            return type;
        }
    }
    if (!text.empty()) {
        throw refused_assignment(
            "UnsupportedPrincipalType",
            fmt::format("Principals of type '{}' cannot be assigned roles.", text));
    }
    return std::nullopt;
}

// A condition narrows what is granted, so ignoring it would grant more than was asked for.
void refuse_condition(const boost::json::object& properties) {
    if (!text_member(properties, "condition").empty()) {
        throw refused_assignment("RoleAssignmentConditionNotSupported",
                                 "Conditions of role assignments are not supported.");
    }
}

class RoleAssignments {
  public:
    RoleAssignments(const Services& services, Access& access)
        : services_(services), access_(access) {}

    [[nodiscard]] Answer get(const Call& call) const {
        const auto stored = services_.resources.find(call.path.key());
        if (!stored) {
            throw Error(ErrorKind::NotFound,
                        "RoleAssignmentNotFound",
                        fmt::format("The role assignment '{}' is not found.", call.name()));
        }
        return resources::ok(stored->document());
    }

    [[nodiscard]] Answer put(const Call& call) const {
        auto wanted = wanted_by(call);
        const auto lock = access_.begin_change();
        const auto snapshot = access_.now();
        check_role(wanted, *snapshot);
        const auto* known = find_same_id(wanted, *snapshot);
        refuse_duplicate(wanted, *snapshot);
        if (known != nullptr) {
            wanted.created = known->created;
            wanted.created_by = known->created_by;
        }
        const auto resource = role_assignment_resource(wanted);
        const auto stored = services_.resources.find(resources::key_of(resource.id));
        resources::Change change;
        change.writes.push_back(
            {resource, resources::expectation_of(call, stored ? &*stored : nullptr)});
        change.activities.push_back(
            resources::activity_of(call, std::string(kWriteAssignment), resource.id));
        static_cast<void>(services_.resources.apply(change));
        access_.changed();
        auto answer = resources::created(resource.document());
        // Clients of older versions take 201 only.
        answer.status = known != nullptr && call.api_version >= "2022-04-01" ? 200 : 201;
        return answer;
    }

    [[nodiscard]] Answer remove(const Call& call) const {
        const auto lock = access_.begin_change();
        const auto stored = services_.resources.find(call.path.key());
        if (!stored) {
            return resources::no_content();
        }
        resources::Change change;
        change.removals.push_back({call.path.key(), resources::Expectation::anything()});
        change.activities.push_back(
            resources::activity_of(call, std::string(kDeleteAssignment), stored->id));
        static_cast<void>(services_.resources.apply(change));
        access_.changed();
        return resources::ok(stored->document());
    }

    // Those at the scope, above it and below it, unless the filter says otherwise.
    [[nodiscard]] Answer list(const Call& call) const {
        const auto text = call.query_value("$filter");
        const auto terms = resources::parse_filter(text, kAssignmentFilters);
        const auto scope = identity::scope_key(call.path.scope);
        std::vector<resources::ListEntry> entries;
        for (const auto& assignment : access_.now()->assignments) {
            const auto held = identity::scope_key(assignment.scope);
            const bool wanted = std::ranges::all_of(terms, [&](const FilterTerm& term) {
                return matches(term, assignment, identity::key_contains(held, scope), text);
            });
            if (wanted &&
                (identity::key_contains(held, scope) || identity::key_contains(scope, held))) {
                const auto resource = role_assignment_resource(assignment);
                entries.push_back({resources::key_of(resource.id), resource.document()});
            }
        }
        std::ranges::sort(entries, {}, &resources::ListEntry::key);
        return resources::page_of(call, std::move(entries));
    }

  private:
    static bool matches(const FilterTerm& term,
                        const RoleAssignment& assignment,
                        bool at_or_above,
                        const std::string& text) {
        if (term.is_function("atscope") && term.value.empty()) {
            return at_or_above;
        }
        // There are no groups here whose members it could be asked for as well.
        if (term.is_equal("principalid") || term.is_function("assignedto")) {
            return base::equal_ignoring_case(assignment.principal_id, term.value);
        }
        throw resources::unsupported_filter(text, kAssignmentFilters);
    }

    [[nodiscard]] RoleAssignment wanted_by(const Call& call) const {
        check_scope(call);
        if (!base::is_uuid(call.name())) {
            throw refused_assignment(
                "InvalidRoleAssignmentId",
                fmt::format("The role assignment ID '{}' is not valid. The role "
                            "assignment ID must be a GUID.",
                            call.name()));
        }
        const auto& properties = object_member(call.object(), "properties");
        refuse_condition(properties);
        RoleAssignment wanted{.id = base::to_lower(call.name()),
                              .scope = scope_of(call),
                              .role_definition_id = role_uuid_in(properties),
                              .principal_id = required(properties, "principalId"),
                              .description = text_member(properties, "description"),
                              .created = base::now(),
                              .updated = base::now(),
                              .created_by = call.caller.object_id};
        wanted.principal_type = check_principal(properties, wanted.principal_id);
        return wanted;
    }

    // With its type, a principal is taken at the client's word: users and the service principals of
    // other issuers are not kept here. A client id in the place of the object id never is right.
    [[nodiscard]] PrincipalType check_principal(const boost::json::object& properties,
                                                const std::string& id) const {
        if (!base::is_uuid(id)) {
            throw refused_assignment(
                "InvalidPrincipalId",
                fmt::format("A valid principal ID must be provided for role assignment, "
                            "not '{}'.",
                            id));
        }
        const auto said = principal_type_in(properties);
        if (services_.principals.find_by_object(id)) {
            return said.value_or(PrincipalType::ServicePrincipal);
        }
        if (const auto application = services_.principals.find_by_client(id)) {
            throw refused_assignment(
                "PrincipalNotFound",
                fmt::format("Principal {} does not exist in the directory: it is a client "
                            "id. The object id of '{}' is {}.",
                            id,
                            application->display_name,
                            application->object_id));
        }
        if (!said) {
            throw refused_assignment(
                "PrincipalNotFound",
                fmt::format("Principal {} does not exist in the directory. For one that "
                            "another issuer knows, set principalType.",
                            id));
        }
        return *said;
    }

    static void check_role(const RoleAssignment& wanted, const AccessSnapshot& snapshot) {
        const auto* role = snapshot.role(wanted.role_definition_id);
        if (role == nullptr) {
            throw Error(ErrorKind::NotFound,
                        "RoleDefinitionDoesNotExist",
                        fmt::format("The specified role definition with ID '{}' does not exist.",
                                    wanted.role_definition_id));
        }
        if (!identity::is_assignable_at(*role, wanted.scope)) {
            throw refused_assignment(
                "RoleNotAssignableAtScope",
                fmt::format("The role '{}' cannot be assigned at '{}': none of its "
                            "assignable scopes contains it.",
                            role->name,
                            wanted.scope));
        }
    }

    static bool is_same(const RoleAssignment& a, const RoleAssignment& b) {
        return a.role_definition_id == b.role_definition_id &&
               base::equal_ignoring_case(a.principal_id, b.principal_id) &&
               identity::scope_key(a.scope) == identity::scope_key(b.scope);
    }

    // The assignment that this one replaces. An id stands for one assignment in the whole tenant.
    static const RoleAssignment* find_same_id(const RoleAssignment& wanted,
                                              const AccessSnapshot& snapshot) {
        const auto found = std::ranges::find(snapshot.assignments, wanted.id, &RoleAssignment::id);
        if (found == snapshot.assignments.end()) {
            return nullptr;
        }
        if (!is_same(*found, wanted)) {
            throw refused_assignment(
                "RoleAssignmentUpdateNotPermitted",
                "Tenant ID, application ID, principal ID, and scope are not allowed to be "
                "updated.");
        }
        return &*found;
    }

    static void refuse_duplicate(const RoleAssignment& wanted, const AccessSnapshot& snapshot) {
        for (const auto& other : snapshot.assignments) {
            if (other.id != wanted.id && is_same(other, wanted)) {
                auto id = other.id;
                std::erase(id, '-');
                throw Error(ErrorKind::Conflict,
                            "RoleAssignmentExists",
                            fmt::format("The role assignment already exists. The ID of the "
                                        "existing role assignment is {}.",
                                        id));
            }
        }
    }

    const Services& services_;
    Access& access_;
};

}  // namespace

resources::ResourceType role_assignments(const Services& services, Access& access) {
    const RoleAssignments verbs(services, access);
    resources::ResourceType type;
    type.name = kRoleAssignments;
    type.api_versions = authorization_versions();
    type.has_location = false;
    type.is_extension = true;
    type.get = [verbs](const Call& call) { return verbs.get(call); };
    type.put = [verbs](const Call& call) { return verbs.put(call); };
    type.remove = [verbs](const Call& call) { return verbs.remove(call); };
    type.list = [verbs](const Call& call) { return verbs.list(call); };
    return type;
}

}  // namespace ingot::providers
