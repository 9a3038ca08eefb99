// SPDX-License-Identifier: Apache-2.0
#include "providers/applications.h"

#include "base/error.h"
#include "base/uuid.h"
#include "identity/base64url.h"
#include "identity/certificate.h"
#include "providers/application_passwords.h"
#include "providers/body_members.h"
#include "providers/federated_credentials.h"
#include "resources/documents.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <mutex>
#include <utility>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using boost::json::object;
using identity::PublicCertificate;
using resources::Call;
using resources::Resource;

constexpr std::string_view kApplicationType = "Ingot.Identity/applications";
constexpr std::string_view kAssignRoles = "Microsoft.Authorization/roleAssignments/write";
constexpr std::size_t kMostCertificates = 20;
constexpr std::size_t kLongestDisplayName = 256;
constexpr const char* kFirstSubscription = "firstSubscription";  // of the internal members

Error refusal(const std::string& message, const std::string& target) {
    return {ErrorKind::InvalidArgument, "InvalidApplication", message, target};
}

void check_application_name(const std::string& name) {
    constexpr std::size_t kLongest = 128;
    const auto is_letter_or_digit = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0;
    };
    const auto may_be_inside = [&](char c) {
        return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
    };
    if (name.size() > kLongest || !is_letter_or_digit(name.front()) ||
        !std::ranges::all_of(name, may_be_inside)) {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidResourceName",
                    fmt::format("The resource name '{}' is invalid. It must have at most {} "
                                "letters, digits, hyphens, dots and underscores and begin with a "
                                "letter or digit.",
                                name,
                                kLongest),
                    "name");
    }
}

// What the service sets is left aside, so that what GET shows can be PUT. Anything else unknown is
// refused: a misspelt list of certificates would be an application without any.
void refuse_unknown(const object& properties) {
    constexpr std::string_view kKnown[] = {"displayName",
                                           "certificates",
                                           "clientId",
                                           "objectId",
                                           "tenantId",
                                           "keyCredentials",
                                           "passwordCredentials"};
    for (const auto& [name, value] : properties) {
        if (std::find(std::begin(kKnown), std::end(kKnown), std::string_view(name)) ==
            std::end(kKnown)) {
            throw refusal(fmt::format("An application has no property '{}'; it takes displayName "
                                      "and certificates.",
                                      std::string_view(name)),
                          fmt::format("properties.{}", std::string_view(name)));
        }
    }
}

PublicCertificate certificate_at(const std::string& pem, std::size_t index) {
    const auto place = fmt::format("properties.certificates[{}]", index);
    return base::with_context(place, [&] { return PublicCertificate::from_pem(pem); });
}

std::vector<PublicCertificate> certificates_in(const object& properties) {
    const auto texts = texts_member(properties, "certificates");
    if (texts.size() > kMostCertificates) {
        throw refusal(fmt::format("An application has at most {} certificates.", kMostCertificates),
                      "properties.certificates");
    }
    std::vector<PublicCertificate> certificates;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto certificate = certificate_at(texts[i], i);
        const auto& x5t = certificate.x5t_s256();
        if (std::ranges::find(certificates, x5t, &PublicCertificate::x5t_s256) ==
            certificates.end()) {
            certificates.push_back(std::move(certificate));
        }
    }
    return certificates;
}

std::string display_name_in(const object& properties, const std::string& name) {
    auto text = text_member(properties, "displayName");
    if (text.size() > kLongestDisplayName) {
        throw refusal(fmt::format("The display name has more than {} bytes.", kLongestDisplayName),
                      "properties.displayName");
    }
    if (text.empty()) {
        return name;
    }
    return text;
}

// SHA-1 in hexadecimal, as az, the portal and openssl show it.
std::string thumbprint_of(const PublicCertificate& certificate) {
    std::string text;
    for (const char c : identity::from_base64url(certificate.x5t()).value_or("")) {
        text += fmt::format("{:02X}", static_cast<unsigned char>(c));
    }
    return text;
}

boost::json::array shown_certificates(const object& properties) {
    boost::json::array list;
    for (const auto& certificate : certificates_in(properties)) {
        list.push_back(object{{"thumbprint", thumbprint_of(certificate)},
                              {"startDateTime", base::to_rfc3339(certificate.not_before())},
                              {"endDateTime", base::to_rfc3339(certificate.not_after())}});
    }
    return list;
}

// Everything of the document in its own form: certificates alone and without the private keys that
// people paste along.
object properties_of(const identity::ServicePrincipal& principal) {
    boost::json::array certificates;
    for (const auto& certificate : principal.certificates) {
        certificates.emplace_back(certificate.pem);
    }
    return {{"displayName", principal.display_name},
            {"tenantId", principal.tenant_id},
            {"objectId", principal.object_id},
            {"clientId", principal.client_id},
            {"certificates", std::move(certificates)}};
}

// The principal that a document describes. Passwords and federated credentials are not in it.
identity::ServicePrincipal principal_of_application(const Resource& resource) {
    const auto& properties = resource.properties();
    identity::ServicePrincipal principal{
        .client_id = text_member(properties, "clientId"),
        .object_id = text_member(properties, "objectId"),
        .display_name = display_name_in(properties, resource.name()),
        .tenant_id = text_member(properties, "tenantId"),
        .resource_id = resource.id};
    for (const auto& certificate : certificates_in(properties)) {
        principal.certificates.push_back(
            {certificate.x5t(), certificate.x5t_s256(), certificate.pem()});
    }
    return principal;
}

void complete_application(const Services& services,
                          const Call& call,
                          const Resource* known,
                          Resource& wanted) {
    check_application_name(call.name());
    auto asked = object_member(wanted.body, "properties");
    refuse_unknown(asked);
    const auto keep = [&](const char* name, const std::string& fresh) {
        asked[name] = known != nullptr ? text_member(known->properties(), name) : fresh;
    };
    keep("tenantId", services.tenant_id);
    keep("objectId", base::new_uuid());
    keep("clientId", base::new_uuid());
    wanted.body = {{"properties", std::move(asked)}};
    wanted.body["properties"] = properties_of(principal_of_application(wanted));
    wanted.internal = known != nullptr ? known->internal : object();
}

void show(const Services& services, const Resource& resource, object& document) {
    auto& properties = document["properties"].as_object();
    const auto principal =
        services.principals.find_by_client(text_member(resource.properties(), "clientId"));
    properties["keyCredentials"] = shown_certificates(resource.properties());
    properties["passwordCredentials"] =
        principal ? shown_passwords(*principal) : boost::json::array();
}

// The principal goes first: whatever happens then, nobody signs in as an application that somebody
// wanted gone, and the removal can be asked for again.
void take_application_along(const Services& services,
                            const Resource& application,
                            resources::Change& change) {
    if (application.internal.contains(kFirstSubscription)) {
        throw Error(ErrorKind::Conflict,
                    "FirstApplication",
                    fmt::format("The application '{}' administers the service and cannot be "
                                "deleted. Its passwords can be removed, and its roles taken away.",
                                application.name()));
    }
    services.principals.remove(text_member(application.properties(), "clientId"));
    take_credentials_along(services, application, change);
}

void copy_to_principal(const Services& services, const std::string& key) {
    const auto document = services.resources.find(key);
    if (!document) {
        return;
    }
    auto principal = principal_of_application(*document);
    if (auto known = services.principals.find_by_client(principal.client_id)) {
        principal.secrets = std::move(known->secrets);
        principal.federated_credentials = std::move(known->federated_credentials);
    }
    services.principals.save(principal);
}

// Writing the document and copying it to the principal, one writer at a time: a copy of an older
// one must not come last.
resources::Verb with_copy(resources::Verb write,
                          const Services& services,
                          const std::shared_ptr<std::mutex>& writing) {
    return [write = std::move(write), services, writing](const Call& call) {
        const std::scoped_lock lock(*writing);
        auto answer = write(call);
        copy_to_principal(services, call.path.key());
        return answer;
    };
}

resources::DocumentRules application_rules(const Services& services) {
    resources::DocumentRules rules;
    rules.complete = [services](const Call& call, const Resource* known, Resource& wanted) {
        complete_application(services, call, known, wanted);
    };
    rules.show = [services](const Call& /*call*/, const Resource& resource, object& document) {
        show(services, resource, document);
    };
    rules.before_removal = [services](
                               const Call& /*call*/, const Resource& application, auto& change) {
        take_application_along(services, application, change);
    };
    return rules;
}

resources::ResourceType application_type(std::string name) {
    return {.name = std::move(name),
            .api_versions = {"2026-11-01"},
            .has_location = false,
            .in_group = false,
            .is_tenants = true,
            .right = [](const Call& /*call*/, const std::string& usual) {
                return usual.ends_with("/read") ? usual : std::string(kAssignRoles);
            }};
}

}  // namespace

std::vector<resources::ResourceType> applications(const Services& services) {
    const auto writing = std::make_shared<std::mutex>();
    auto type = resources::document_type(application_type(std::string(kApplicationType)),
                                         application_rules(services),
                                         services.resources);
    for (auto* verb : {&type.put, &type.patch, &type.remove}) {
        *verb = with_copy(*verb, services, writing);
    }
    add_password_actions(type, services, writing);
    return {std::move(type),
            federated_credentials(
                application_type(federated_credentials_of(kApplicationType)), services, writing)};
}

void keep_first_application(resources::ResourceRepository& repository,
                            const identity::ServicePrincipal& principal,
                            const std::string& subscription_id) {
    Resource application;
    application.id = principal.resource_id;
    application.type = kApplicationType;
    application.body["properties"] = properties_of(principal);
    application.internal[kFirstSubscription] = subscription_id;
    application.created = application.changed = base::now();
    if (!repository.find(resources::key_of(application.id))) {
        resources::Change change;
        change.writes.push_back({application, resources::Expectation::absent()});
        static_cast<void>(repository.apply(change));
    }
}

std::optional<FirstApplication> first_application(resources::ResourceRepository& repository,
                                                  const std::string& id) {
    const auto application = repository.find(resources::key_of(id));
    if (!application || !application->internal.contains(kFirstSubscription)) {
        return std::nullopt;
    }
    return FirstApplication{
        .client_id = text_member(application->properties(), "clientId"),
        .tenant_id = text_member(application->properties(), "tenantId"),
        .subscription_id = text_member(application->internal, kFirstSubscription)};
}

}  // namespace ingot::providers
