// SPDX-License-Identifier: Apache-2.0
// Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials: which tokens of
// other issuers prove the identity. Documents, of which the principal gets a copy to check against.
#pragma once

#include "providers/services.h"
#include "resources/resource_type.h"

#include <string_view>

namespace ingot::providers {

inline constexpr std::string_view kFederatedCredentialType =
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";

[[nodiscard]] resources::ResourceType federated_credentials(const Services& services);

}  // namespace ingot::providers
