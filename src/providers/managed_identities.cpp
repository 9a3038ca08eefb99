// SPDX-License-Identifier: Apache-2.0
#include "providers/managed_identities.h"

#include "base/error.h"
#include "base/uuid.h"
#include "providers/body_members.h"
#include "providers/federated_credentials.h"
#include "resources/documents.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

namespace ingot::providers {
namespace {

using resources::Answer;
using resources::Call;
using resources::Resource;

void check_identity_name(const std::string& name) {
    constexpr std::size_t kShortest = 3;
    constexpr std::size_t kLongest = 128;
    const auto is_letter_or_digit = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0;
    };
    const auto may_be_inside = [&](char c) {
        return is_letter_or_digit(c) || c == '-' || c == '_';
    };
    if (name.size() < kShortest || name.size() > kLongest || !is_letter_or_digit(name.front()) ||
        !std::ranges::all_of(name, may_be_inside)) {
        throw base::Error(base::ErrorKind::InvalidArgument,
                          "InvalidResourceName",
                          fmt::format("The resource name '{}' is invalid. It must have {} to {} "
                                      "letters, digits, hyphens and underscores and begin with a "
                                      "letter or digit.",
                                      name,
                                      kShortest,
                                      kLongest),
                          "name");
    }
}

identity::ServicePrincipal principal_of_identity(const Resource& resource) {
    const auto& properties = resource.properties();
    return {.client_id = text_member(properties, "clientId"),
            .object_id = text_member(properties, "principalId"),
            .display_name = resource.name(),
            .kind = identity::PrincipalKind::ManagedIdentity,
            .tenant_id = text_member(properties, "tenantId"),
            .resource_id = resource.id};
}

// The ids of the stored one, or new ones.
void set_ids(const Services& services, const Resource* known, Resource& wanted) {
    auto& properties = wanted.properties();
    const auto keep = [&](const char* name, const std::string& fresh) {
        properties[name] = known != nullptr ? text_member(known->properties(), name) : fresh;
    };
    keep("tenantId", services.tenant_id);
    keep("principalId", base::new_uuid());
    keep("clientId", base::new_uuid());
}

Answer answer_with_place(Answer answer, const std::string& id) {
    answer.headers.emplace_back("Location", id);
    return answer;
}

// The principal comes first, so that an identity that is listed can sign in; it goes again if the
// identity cannot be listed.
Answer create(const Services& services, const resources::ResourceType& type, const Call& call) {
    static_cast<void>(resources::expectation_of(call, nullptr));
    check_identity_name(call.name());
    auto wanted = resources::wanted_by(call, type, nullptr);
    set_ids(services, nullptr, wanted);
    const auto principal = principal_of_identity(wanted);
    resources::Change change;
    change.writes.push_back({wanted, resources::Expectation::absent()});
    change.activities.push_back(resources::activity_of(call, type.name + "/write", wanted.id));
    services.principals.save(principal);
    try {
        wanted.etag = services.resources.apply(change);
    } catch (const base::Error&) {
        services.principals.remove(principal.client_id);
        throw;
    }
    return answer_with_place(resources::created(wanted.document()), wanted.id);
}

// Its credentials go with it. The principal goes first: whatever happens then, nobody signs in as
// an identity that somebody wanted gone, and the removal can be asked for again.
void take_identity_along(const Services& services,
                         const Resource& identity,
                         resources::Change& change) {
    services.principals.remove(text_member(identity.properties(), "clientId"));
    take_credentials_along(services, identity, change);
}

resources::DocumentRules identity_rules(const Services& services) {
    resources::DocumentRules rules;
    rules.complete = [services](const Call& /*call*/, const Resource* known, Resource& wanted) {
        if (known == nullptr) {
            throw base::Error(base::ErrorKind::Conflict,
                              "ResourceConflict",
                              "The identity was deleted meanwhile.");
        }
        set_ids(services, known, wanted);
    };
    rules.before_removal = [services](
                               const Call& /*call*/, const Resource& identity, auto& change) {
        take_identity_along(services, identity, change);
    };
    return rules;
}

}  // namespace

std::vector<resources::ResourceType> managed_identities(const Services& services) {
    const resources::ResourceType named{
        .name = "Microsoft.ManagedIdentity/userAssignedIdentities",
        .api_versions = {
            "2024-11-30", "2023-01-31", "2022-01-31-preview", "2018-11-30", "2015-08-31-preview"}};
    auto type = resources::document_type(named, identity_rules(services), services.resources);
    type.put = [services, named, update = type.put](const Call& call) {
        return resources::write_in_turn(call, [&] {
            return services.resources.find(call.path.key()) ? update(call)
                                                            : create(services, named, call);
        });
    };
    auto credentials =
        federated_credentials({.name = federated_credentials_of(type.name),
                               .api_versions = {"2024-11-30", "2023-01-31", "2022-01-31-preview"}},
                              services,
                              std::make_shared<std::mutex>());
    return {std::move(type), std::move(credentials)};
}

}  // namespace ingot::providers
