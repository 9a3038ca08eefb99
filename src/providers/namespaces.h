// SPDX-License-Identifier: Apache-2.0
// The namespaces that resource types stand in. Registration is resource_providers.h's.
#pragma once

#include "resources/router.h"

#include <string>
#include <string_view>
#include <vector>

namespace ingot::providers {

// Those that the router has types of, in their order.
[[nodiscard]] std::vector<std::string> served_namespaces(const resources::Router& router);

// These, and those of Azure that people register on their way although Ingot has no types of them.
[[nodiscard]] std::vector<std::string> namespaces(const resources::Router& router);

// In its own case. Throws Error{NotFound, "InvalidResourceNamespace"}.
[[nodiscard]] std::string known_namespace(const resources::Router& router, std::string_view name);

[[nodiscard]] bool needs_no_registration(std::string_view provider);

}  // namespace ingot::providers
