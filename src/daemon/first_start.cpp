// SPDX-License-Identifier: Apache-2.0
#include "daemon/first_start.h"

#include "base/uuid.h"
#include "identity/secret.h"
#include "providers/applications.h"
#include "providers/roles.h"
#include "providers/subscriptions.h"

#include <fmt/format.h>

namespace ingot::daemon {
namespace {

constexpr auto kApplication = "/providers/Ingot.Identity/applications/administrator";

Administrator new_administrator() {
    return {.tenant_id = base::new_uuid(),
            .subscription_id = base::new_uuid(),
            .client_id = base::new_uuid(),
            .client_secret = identity::generate_secret()};
}

identity::ServicePrincipal application_of(const Administrator& administrator) {
    identity::ServicePrincipal application;
    application.client_id = administrator.client_id;
    application.object_id = base::name_based_uuid(administrator.tenant_id, administrator.client_id);
    application.display_name = "administrator";
    application.tenant_id = administrator.tenant_id;
    application.resource_id = kApplication;
    application.secrets.push_back({.id = base::new_uuid(),
                                   .hash = identity::hash_secret(administrator.client_secret),
                                   .hint = administrator.client_secret.substr(0, 3)});
    return application;
}

void make_owner(const Administrator& administrator, const FirstStartParts& parts) {
    const auto application = application_of(administrator);
    parts.principals.save(application);
    providers::ensure_subscription(parts.resources, administrator.subscription_id, "Ingot");
    providers::grant_role(parts.resources,
                          parts.access,
                          {.id = "",
                           .scope = "/",
                           .role_definition_id = std::string(identity::kOwnerRole),
                           .principal_id = application.object_id,
                           .description = "made at the first start"});
}

// Services of before there was a resource for it kept the principal alone.
void show_as_resource(identity::ServicePrincipal application,
                      const Administrator& administrator,
                      const FirstStartParts& parts) {
    if (application.resource_id.empty()) {
        application.resource_id = kApplication;
        parts.principals.save(application);
    }
    providers::keep_first_application(parts.resources, application, administrator.subscription_id);
}

// Whose file was deleted, as one should once the secret is kept elsewhere, is still who he is.
std::optional<Administrator> known_administrator(const ServiceFiles& files,
                                                 const FirstStartParts& parts) {
    if (auto kept = files.administrator()) {
        return kept;
    }
    const auto first = providers::first_application(parts.resources, kApplication);
    return first ? std::optional(Administrator{.tenant_id = first->tenant_id,
                                               .subscription_id = first->subscription_id,
                                               .client_id = first->client_id,
                                               .client_secret = ""})
                 : std::nullopt;
}

}  // namespace

FirstStart first_start(const ServiceFiles& files, const FirstStartParts& parts) {
    FirstStart start;
    const auto known = known_administrator(files, parts);
    start.is_first = !known;
    start.administrator = known ? *known : new_administrator();
    const auto& administrator = start.administrator;
    if (start.is_first) {
        // The file comes first: a secret whose hash alone is kept would be lost.
        files.keep(administrator);
    }
    if (!parts.principals.find_by_client(administrator.client_id)) {
        make_owner(administrator, parts);
    }
    if (auto application = parts.principals.find_by_client(administrator.client_id)) {
        show_as_resource(*std::move(application), administrator, parts);
    }
    return start;
}

}  // namespace ingot::daemon
