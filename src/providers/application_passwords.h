// SPDX-License-Identifier: Apache-2.0
// The actions addPassword and removePassword of an application, in the words of Microsoft Graph. A
// password is made here, shown in that one answer and kept as a hash; applications.h is what it
// belongs to.
#pragma once

#include "providers/services.h"
#include "resources/resource_type.h"

#include <memory>
#include <mutex>

#include <boost/json/array.hpp>

namespace ingot::providers {

// Adds them to `type`. `writing` is held while a principal is read, changed and saved.
void add_password_actions(resources::ResourceType& type,
                          const Services& services,
                          const std::shared_ptr<std::mutex>& writing);

// What may be shown of passwords: {keyId, hint, endDateTime}.
[[nodiscard]] boost::json::array shown_passwords(const identity::ServicePrincipal& principal);

}  // namespace ingot::providers
