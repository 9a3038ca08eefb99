// SPDX-License-Identifier: Apache-2.0
// The documents by which OAuth2 clients find their way: OpenID configuration, keys, and the
// discovery of an authority's instance. Serving them under their paths is the server's job.
#pragma once

#include "identity/key.h"

#include <span>
#include <string_view>

#include <boost/json/object.hpp>

namespace ingot::identity {

// `tenant` is a tenant's id, or "adfs" for {base_url}/adfs/.well-known/openid-configuration.
[[nodiscard]] boost::json::object openid_configuration(std::string_view base_url,
                                                       std::string_view tenant);

[[nodiscard]] boost::json::object key_set(std::span<const PublicKey> keys);

// GET /common/discovery/instance, which MSAL asks for authorities it does not know.
[[nodiscard]] boost::json::object instance_discovery(std::string_view base_url,
                                                     std::string_view tenant);

}  // namespace ingot::identity
