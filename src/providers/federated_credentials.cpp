// SPDX-License-Identifier: Apache-2.0
#include "providers/federated_credentials.h"

#include "base/error.h"
#include "providers/body_members.h"
#include "providers/compute_rules.h"
#include "resources/documents.h"

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using resources::Call;
using resources::Resource;

constexpr std::string_view kWord = "/federatedIdentityCredentials";
constexpr std::size_t kMostCredentials = 20;  // as many as Azure lets an identity have

base::Error bad_request(const std::string& message, const std::string& target) {
    return {base::ErrorKind::InvalidArgument, "BadRequest", message, target};
}

std::string owner_key(const resources::RequestPath& credential) {
    auto owner = credential;
    owner.types.pop_back();
    owner.names.pop_back();
    return owner.key();
}

std::vector<Resource> credentials_of(const Services& services,
                                     const std::string& type,
                                     const std::string& owner) {
    resources::ResourceFilter filter;
    filter.type = type;
    filter.below = owner;
    return services.resources.list(filter);
}

identity::FederatedCredential credential_of(const Resource& resource) {
    const auto& properties = resource.properties();
    return {.name = resource.name(),
            .issuer = text_member(properties, "issuer"),
            .subject = text_member(properties, "subject"),
            .audience = texts_member(properties, "audiences").at(0)};
}

void check_properties(const boost::json::object& properties) {
    for (const auto* name : {"issuer", "subject"}) {
        if (text_member(properties, name).empty()) {
            throw bad_request(fmt::format("The federated identity credential needs '{}'.", name),
                              name);
        }
    }
    if (!text_member(properties, "issuer").starts_with("https://")) {
        throw bad_request("The issuer must be an https URL.", "issuer");
    }
    if (texts_member(properties, "audiences").size() != 1) {
        throw bad_request("The federated identity credential needs exactly one audience.",
                          "audiences");
    }
}

// One token must not be told by two credentials, and there is an end to their number.
void check_siblings(const Services& services, const Call& call, const Resource& wanted) {
    const auto mine = credential_of(wanted);
    std::size_t others = 0;
    for (const auto& sibling : credentials_of(services, wanted.type, owner_key(call.path))) {
        if (resources::key_of(sibling.id) == call.path.key()) {
            continue;
        }
        ++others;
        const auto other = credential_of(sibling);
        if (other.issuer == mine.issuer && other.subject == mine.subject) {
            throw base::Error(base::ErrorKind::Conflict,
                              "Conflict",
                              fmt::format("The credential '{}' has the same issuer and subject.",
                                          sibling.name()));
        }
    }
    if (others >= kMostCredentials) {
        throw bad_request(
            fmt::format("An identity has at most {} federated credentials.", kMostCredentials), "");
    }
}

void copy_to_principal(const Services& services,
                       const std::string& type,
                       const std::string& owner) {
    const auto document = services.resources.find(owner);
    auto principal =
        document
            ? services.principals.find_by_client(text_member(document->properties(), "clientId"))
            : std::nullopt;
    if (!principal) {
        return;
    }
    principal->federated_credentials.clear();
    for (const auto& credential : credentials_of(services, type, owner)) {
        principal->federated_credentials.push_back(credential_of(credential));
    }
    services.principals.save(*principal);
}

// Writing a document and copying all of them to the principal, one writer at a time: a copy made
// from an older list must not come last.
resources::Verb with_copy(resources::Verb write,
                          const std::string& type,
                          const Services& services,
                          const std::shared_ptr<std::mutex>& writing) {
    return [write = std::move(write), type, services, writing](const Call& call) {
        const std::scoped_lock lock(*writing);
        auto answer = write(call);
        copy_to_principal(services, type, owner_key(call.path));
        return answer;
    };
}

}  // namespace

std::string federated_credentials_of(std::string_view owner_type) {
    return fmt::format("{}{}", owner_type, kWord);
}

resources::ResourceType federated_credentials(resources::ResourceType type,
                                              const Services& services,
                                              const std::shared_ptr<std::mutex>& writing) {
    type.has_location = false;
    resources::DocumentRules rules;
    rules.complete = [services](const Call& call, const Resource* known, Resource& wanted) {
        drop_nulls(wanted.properties());
        if (known == nullptr) {
            require_parent(services.resources, call);
        }
        check_properties(wanted.properties());
        check_siblings(services, call, wanted);
    };
    type = resources::document_type(std::move(type), std::move(rules), services.resources);
    for (auto* verb : {&type.put, &type.patch, &type.remove}) {
        *verb = with_copy(*verb, type.name, services, writing);
    }
    return type;
}

void take_credentials_along(const Services& services,
                            const Resource& owner,
                            resources::Change& change) {
    const auto type = federated_credentials_of(owner.type);
    for (const auto& credential : credentials_of(services, type, resources::key_of(owner.id))) {
        change.removals.push_back(
            {resources::key_of(credential.id), resources::Expectation::anything()});
    }
}

}  // namespace ingot::providers
