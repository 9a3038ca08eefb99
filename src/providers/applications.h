// SPDX-License-Identifier: Apache-2.0
// Ingot.Identity/applications, beyond Azure, which keeps them in Microsoft Graph: the service
// principals that people make for programs, with their certificates, passwords and federated
// credentials. An application is a document and a principal that can sign in
// (identity/principal_repository.h); it gets its ids when it is made and never again. Its passwords
// are the principal's alone. What it may do, role assignments say (roles.h).
#pragma once

#include "providers/services.h"
#include "resources/resource_repository.h"
#include "resources/resource_type.h"

#include <optional>
#include <string>
#include <vector>

namespace ingot::providers {

// Whoever lets an application be proved in another way can be it, whatever rights it has. So all
// but reading needs the right to assign roles there: given at "/", or at one application to its
// keeper.
[[nodiscard]] std::vector<resources::ResourceType> applications(const Services& services);

// Makes the document of a principal that was made without one, unless it is there. Such an
// application, the first one of a service, cannot be deleted: the service would make it again.
void keep_first_application(resources::ResourceRepository& repository,
                            const identity::ServicePrincipal& principal,
                            const std::string& subscription_id);

struct FirstApplication {
    std::string client_id;
    std::string tenant_id;
    std::string subscription_id;
};

// Nothing if it was never kept.
[[nodiscard]] std::optional<FirstApplication> first_application(
    resources::ResourceRepository& repository, const std::string& id);

}  // namespace ingot::providers
