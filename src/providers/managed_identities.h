// SPDX-License-Identifier: Apache-2.0
// Microsoft.ManagedIdentity/userAssignedIdentities and their federatedIdentityCredentials. An
// identity is a document and a principal that can sign in (identity/principal_repository.h); it
// gets its ids when it is made and never again.
#pragma once

#include "providers/services.h"
#include "resources/resource_type.h"

#include <vector>

namespace ingot::providers {

[[nodiscard]] std::vector<resources::ResourceType> managed_identities(const Services& services);

}  // namespace ingot::providers
