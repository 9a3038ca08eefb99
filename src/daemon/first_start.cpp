// SPDX-License-Identifier: Apache-2.0
#include "daemon/first_start.h"

#include "base/uuid.h"
#include "identity/secret.h"
#include "providers/roles.h"
#include "providers/subscriptions.h"

#include <fmt/format.h>

namespace ingot::daemon {
namespace {

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
    application.secrets.push_back({.id = base::new_uuid(),
                                   .hash = identity::hash_secret(administrator.client_secret),
                                   .hint = administrator.client_secret.substr(0, 3)});
    return application;
}

}  // namespace

FirstStart first_start(const ServiceFiles& files, const FirstStartParts& parts) {
    FirstStart start;
    const auto known = files.administrator();
    start.is_first = !known;
    start.administrator = known ? *known : new_administrator();
    const auto& administrator = start.administrator;
    if (start.is_first) {
        // The file comes first: a secret whose hash alone is kept would be lost.
        files.keep(administrator);
    }
    if (!parts.principals.find_by_client(administrator.client_id)) {
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
    return start;
}

}  // namespace ingot::daemon
