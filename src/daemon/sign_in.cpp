// SPDX-License-Identifier: Apache-2.0
#include "daemon/sign_in.h"

#include "base/ascii.h"
#include "base/error.h"
#include "daemon/arm_endpoint.h"
#include "http/form.h"
#include "identity/discovery.h"
#include "identity/managed_identity_endpoint.h"
#include "identity/token_endpoint.h"

#include <array>
#include <utility>

#include <fmt/format.h>

namespace ingot::daemon {
namespace {

using base::Error;

std::vector<std::string> segments_of(const std::string& path) {
    std::vector<std::string> segments;
    std::size_t begin = 0;
    while (begin < path.size()) {
        const auto end = std::min(path.find('/', begin), path.size());
        if (end > begin) {
            segments.push_back(base::to_lower(std::string_view(path).substr(begin, end - begin)));
        }
        begin = end + 1;
    }
    return segments;
}

// Fields that stand twice are as good as missing: which of them was meant?
identity::FormFields fields_of(std::string_view text) {
    identity::FormFields fields;
    if (const auto form = http::parse_form(text)) {
        for (const auto& [name, value] : *form) {
            if (form->count(name) == 1) {
                fields.emplace(name, value);
            }
        }
    }
    return fields;
}

http::Response response_of(const identity::TokenResponse& answer) {
    auto response = json_response(answer.status, answer.body);
    response.headers.add("Cache-Control", "no-store");
    return response;
}

http::Response not_found(const http::Request& request) {
    return json_response(404,
                         {{"error",
                           {{"code", "NotFound"},
                            {"message", fmt::format("There is nothing at {}.", request.path)}}}});
}

}  // namespace

SignIn::SignIn(Parts parts)
    : parts_(std::move(parts)),
      token_urls_(identity::token_urls_of(parts_.public_url, parts_.issuer.settings().tenant_id)) {}

std::optional<http::Response> SignIn::answer(const http::Request& request) {
    const auto segments = segments_of(request.path);
    const auto ends_in = [&](std::string_view word) {
        return segments.size() >= 3 && segments.back() == word;
    };
    if (request.method == "POST") {
        const bool is_token = ends_in("token") && segments[1] == "oauth2" && segments.size() <= 4;
        return is_token ? std::optional(token(request, segments[0])) : std::nullopt;
    }
    return request.method == "GET" ? answer_get(request, segments) : std::nullopt;
}

std::optional<http::Response> SignIn::answer_get(const http::Request& request,
                                                 const std::vector<std::string>& segments) const {
    if (segments.size() < 3) {
        return std::nullopt;
    }
    const auto base_url = base_url_of(request);
    if (segments.back() == "openid-configuration") {
        return openid(base_url, segments[0]);
    }
    if (segments.back() == "keys" && segments[1] == "discovery") {
        const std::array keys = {parts_.issuer.public_key()};
        return json_response(200, identity::key_set(keys));
    }
    if (segments[0] == "common" && segments[1] == "discovery" && segments[2] == "instance") {
        return json_response(
            200, identity::instance_discovery(base_url, parts_.issuer.settings().tenant_id));
    }
    return std::nullopt;
}

http::Response SignIn::openid(const std::string& base_url, const std::string& tenant) const {
    const auto& own = parts_.issuer.settings().tenant_id;
    if (tenant != "adfs" && !base::equal_ignoring_case(tenant, own)) {
        return json_response(
            400,
            {{"error", "invalid_tenant"},
             {"error_description", "AADSTS90002: the tenant is not one of this service."}});
    }
    return json_response(200, identity::openid_configuration(base_url, tenant));
}

http::Response SignIn::token(const http::Request& request, const std::string& tenant) {
    const identity::TokenEndpoint endpoint{
        .issuer = parts_.issuer,
        .audiences = parts_.audiences,
        .token_urls = token_urls_,
        .find_principal =
            [this](std::string_view id) { return parts_.principals.find_by_client(id); },
        .find_issuer =
            [this](std::string_view name) {
                const auto found = parts_.external.find(std::string(name));
                return found == parts_.external.end() ? nullptr : found->second.get();
            },
        .used = used_};
    const identity::TokenRequest asked{
        .tenant = tenant,
        .form = fields_of(request.body),
        .correlation_id = std::string(request.headers.find("client-request-id").value_or(""))};
    try {
        return response_of(identity::answer_token_request(endpoint, asked, base::now(), scope_));
    } catch (const Error& error) {
        return json_response(
            503, {{"error", "temporarily_unavailable"}, {"error_description", error.message()}});
    }
}

http::Response SignIn::answer_managed_identity(const http::Request& request) const {
    const auto segments = segments_of(request.path);
    const bool right = segments.size() == 4 && segments[0] == "metadata" &&
                       segments[1] == "identity" && segments[2] == "oauth2" &&
                       segments[3] == "token";
    if (!right) {
        return not_found(request);
    }
    const identity::ManagedIdentityEndpoint endpoint{
        .issuer = parts_.issuer,
        .audiences = parts_.audiences,
        .find = [this](const identity::ManagedIdentityName& name)
            -> std::optional<identity::ServicePrincipal> {
            std::vector<identity::ServicePrincipal> found;
            for (auto& one : parts_.principals.list()) {
                const bool any =
                    name.client_id.empty() && name.object_id.empty() && name.resource_id.empty();
                if (one.kind == identity::PrincipalKind::ManagedIdentity &&
                    (any || base::equal_ignoring_case(one.client_id, name.client_id) ||
                     base::equal_ignoring_case(one.object_id, name.object_id) ||
                     base::equal_ignoring_case(one.resource_id, name.resource_id))) {
                    found.push_back(std::move(one));
                }
            }
            return found.size() == 1 ? std::optional(std::move(found.front())) : std::nullopt;
        }};
    const identity::ManagedIdentityRequest asked{
        .fields = fields_of(request.method == "POST" ? request.body : request.query),
        .has_metadata_header =
            base::equal_ignoring_case(request.headers.find("Metadata").value_or(""), "true")};
    return response_of(identity::answer_managed_identity_request(endpoint, asked, base::now()));
}

}  // namespace ingot::daemon
