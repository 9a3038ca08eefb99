// SPDX-License-Identifier: Apache-2.0
// The federatedIdentityCredentials of whatever can sign in: which tokens of other issuers prove it.
// Documents, of which the principal gets a copy to check against. The owner is a document whose
// property clientId names its principal; its own file says which type that is.
#pragma once

#include "providers/services.h"
#include "resources/resource_repository.h"
#include "resources/resource_type.h"

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace ingot::providers {

[[nodiscard]] std::string federated_credentials_of(std::string_view owner_type);

// `type` with its verbs filled in; its name is federated_credentials_of() the owner's. `writing` is
// held while a principal is read, changed and saved: whoever else does so holds it too.
[[nodiscard]] resources::ResourceType federated_credentials(
    resources::ResourceType type,
    const Services& services,
    const std::shared_ptr<std::mutex>& writing);

// The credentials go with their owner.
void take_credentials_along(const Services& services,
                            const resources::Resource& owner,
                            resources::Change& change);

}  // namespace ingot::providers
