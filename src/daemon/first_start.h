// SPDX-License-Identifier: Apache-2.0
// What a service needs before it can answer anybody: a tenant, a subscription, and an application
// that owns it. Made once.
#pragma once

#include "daemon/service_files.h"
#include "identity/principal_repository.h"
#include "providers/access.h"
#include "resources/resource_repository.h"

namespace ingot::daemon {

struct FirstStart {
    bool is_first = false;
    Administrator administrator{};
};

struct FirstStartParts {
    resources::ResourceRepository& resources;
    identity::PrincipalRepository& principals;
    providers::Access& access;
};

// Makes what is missing, also after a first start that was interrupted.
[[nodiscard]] FirstStart first_start(const ServiceFiles& files, const FirstStartParts& parts);

}  // namespace ingot::daemon
