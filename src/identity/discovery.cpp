// SPDX-License-Identifier: Apache-2.0
#include "identity/discovery.h"

#include "identity/audience.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace ingot::identity {
namespace {

using boost::json::array;

struct Paths {
    std::string authority;
    std::string issuer;
    std::string oauth2;
    std::string keys;
};

Paths paths_of(std::string_view base_url, std::string_view tenant) {
    const auto authority = fmt::format("{}/{}", trimmed_resource(base_url), tenant);
    if (tenant == "adfs") {
        return {authority, authority, authority + "/oauth2", authority + "/discovery/keys"};
    }
    return {authority,
            authority + "/v2.0",
            authority + "/oauth2/v2.0",
            authority + "/discovery/v2.0/keys"};
}

std::string host_of(std::string_view url) {
    const auto scheme = url.find("://");
    url.remove_prefix(scheme == std::string_view::npos ? 0 : scheme + 3);
    return std::string(url.substr(0, url.find('/')));
}

}  // namespace

boost::json::object openid_configuration(std::string_view base_url, std::string_view tenant) {
    const auto paths = paths_of(base_url, tenant);
    return {
        {"issuer", paths.issuer},
        {"authorization_endpoint", paths.oauth2 + "/authorize"},
        {"token_endpoint", paths.oauth2 + "/token"},
        {"device_authorization_endpoint", paths.oauth2 + "/devicecode"},
        {"jwks_uri", paths.keys},
        {"response_types_supported", array{"token"}},
        {"grant_types_supported", array{"client_credentials"}},
        {"subject_types_supported", array{"pairwise"}},
        {"id_token_signing_alg_values_supported", array{"RS256"}},
        {"token_endpoint_auth_methods_supported", array{"client_secret_post", "private_key_jwt"}},
        {"token_endpoint_auth_signing_alg_values_supported", array{"RS256", "PS256", "ES256"}}};
}

boost::json::object key_set(std::span<const PublicKey> keys) {
    array list;
    for (const auto& key : keys) {
        list.emplace_back(key.to_jwk());
    }
    return {{"keys", std::move(list)}};
}

boost::json::object instance_discovery(std::string_view base_url, std::string_view tenant) {
    const auto paths = paths_of(base_url, tenant);
    const auto host = host_of(base_url);
    const auto folder = tenant == "adfs" ? paths.authority : paths.issuer;
    return {
        {"tenant_discovery_endpoint", folder + "/.well-known/openid-configuration"},
        {"api-version", "1.1"},
        {"metadata",
         array{boost::json::object{
             {"preferred_network", host}, {"preferred_cache", host}, {"aliases", array{host}}}}}};
}

}  // namespace ingot::identity
