// SPDX-License-Identifier: Apache-2.0
#include "identity/token_endpoint.h"

#include "base/ascii.h"
#include "identity/secret.h"

#include <utility>
#include <variant>

#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace ingot::identity {
namespace {

using base::Timestamp;

constexpr std::string_view kJwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr std::size_t kLongestSecret = 1024;

OAuthError invalid_request(int code, std::string message) {
    return {.status = 400, .error = "invalid_request", .code = code, .message = std::move(message)};
}

OAuthError missing(std::string_view field) {
    return invalid_request(
        900144, fmt::format("The request body must contain the following parameter: '{}'.", field));
}

std::optional<OAuthError> check_shape(const TokenEndpoint& endpoint, const TokenRequest& request) {
    const auto& tenant = endpoint.issuer.settings().tenant_id;
    if (request.tenant != "adfs" && !base::equal_ignoring_case(request.tenant, tenant)) {
        return invalid_request(90002,
                               fmt::format("Tenant '{}' not found. Check to make sure you have the "
                                           "correct tenant ID.",
                                           quotable(request.tenant)));
    }
    const auto grant = field_of(request.form, "grant_type");
    if (grant.empty()) {
        return missing("grant_type");
    }
    if (grant != "client_credentials") {
        return OAuthError{
            .status = 400,
            .error = "unsupported_grant_type",
            .code = 70003,
            .message =
                fmt::format("The app requested an unsupported grant type '{}'.", quotable(grant))};
    }
    return field_of(request.form, "client_id").empty() ? std::optional(missing("client_id"))
                                                       : std::nullopt;
}

OAuthError unknown_application(const TokenEndpoint& endpoint, std::string_view client_id) {
    return {.status = 400,
            .error = "unauthorized_client",
            .code = 700016,
            .message = fmt::format(
                "Application with identifier '{}' was not found in the directory '{}'. This can "
                "happen if the application has not been installed by the administrator of the "
                "tenant or consented to by any user in the tenant. You may have sent your "
                "authentication request to the wrong tenant.",
                quotable(client_id),
                endpoint.issuer.settings().tenant_id)};
}

std::optional<OAuthError> check_secret(const ServicePrincipal& principal,
                                       std::string_view secret,
                                       Timestamp now) {
    bool expired = false;
    for (const auto& known : principal.secrets) {
        if (secret.size() > kLongestSecret || !secret_matches(secret, known.hash)) {
            continue;
        }
        if (!known.expires || now < *known.expires) {
            return std::nullopt;
        }
        expired = true;
    }
    return expired ? invalid_client(7000222,
                                    fmt::format("The provided client secret keys for app '{}' are "
                                                "expired.",
                                                principal.client_id))
                   : invalid_client(7000215,
                                    fmt::format("Invalid client secret provided. Ensure the secret "
                                                "being sent in the request is the client secret "
                                                "value, not the client secret ID, for a secret "
                                                "added to app '{}'.",
                                                principal.client_id));
}

// A certificate's assertion names the application as its issuer; everything else is federated.
std::optional<OAuthError> check_assertion(const TokenEndpoint& endpoint,
                                          const ServicePrincipal& principal,
                                          std::string_view assertion,
                                          Timestamp now,
                                          const base::Cancellation& cancellation) {
    std::optional<UnverifiedJwt> token;
    try {
        token = parse_jwt(assertion);
    } catch (const base::Error& error) {
        return invalid_client(
            50027, fmt::format("JWT token is invalid or malformed: {}.", error.message()));
    }
    const auto token_issuer = text_claim(token->claims, "iss");
    if (!base::equal_ignoring_case(token_issuer, principal.client_id)) {
        return check_federated_proof(principal, *token, endpoint.find_issuer, now, cancellation);
    }
    return check_certificate_proof(principal,
                                   {.text = assertion,
                                    .token = *token,
                                    .audiences = endpoint.token_urls,
                                    .used = endpoint.used},
                                   now);
}

std::optional<OAuthError> check_proof(const TokenEndpoint& endpoint,
                                      const ServicePrincipal& principal,
                                      const FormFields& form,
                                      Timestamp now,
                                      const base::Cancellation& cancellation) {
    const auto assertion = field_of(form, "client_assertion");
    if (const auto secret = field_of(form, "client_secret"); !secret.empty()) {
        return assertion.empty() ? check_secret(principal, secret, now)
                                 : invalid_request(90023,
                                                   "Only one of 'client_secret' and "
                                                   "'client_assertion' may be sent.");
    }
    if (assertion.empty()) {
        return invalid_client(7000216,
                              "'client_assertion' or 'client_secret' is required for the "
                              "'client_credentials' grant type.");
    }
    if (field_of(form, "client_assertion_type") != kJwtBearer) {
        return invalid_request(
            900144,
            fmt::format("The request body must contain the parameter 'client_assertion_type' with "
                        "the value '{}'.",
                        kJwtBearer));
    }
    return check_assertion(endpoint, principal, assertion, now, cancellation);
}

// The newer endpoint takes a scope, the older one a resource.
std::variant<std::string, OAuthError> requested_resource(const TokenEndpoint& endpoint,
                                                         const FormFields& form) {
    const auto scope = field_of(form, "scope");
    const auto resource = scope.empty() ? std::optional(std::string(field_of(form, "resource")))
                                        : resource_of_scope(scope);
    if (!resource) {
        return OAuthError{.status = 400,
                          .error = "invalid_scope",
                          .code = 1002012,
                          .message = fmt::format(
                              "The provided value for scope {} is not valid. Client credential "
                              "flows must have a scope value with /.default suffixed to the "
                              "resource identifier (application ID URI).",
                              quotable(scope))};
    }
    if (resource->empty()) {
        return missing("scope");
    }
    if (!endpoint.audiences.accepts(*resource)) {
        return OAuthError{
            .status = 400,
            .error = "invalid_resource",
            .code = 500011,
            .message = fmt::format("The resource principal named {} was not found in the tenant "
                                   "named {}.",
                                   quotable(*resource),
                                   endpoint.issuer.settings().tenant_id)};
    }
    return *resource;
}

TokenResponse granted(const AccessToken& token) {
    const auto lives =
        std::chrono::floor<std::chrono::seconds>(token.expires - token.not_before).count();
    return {.status = 200,
            .body = {{"token_type", "Bearer"},
                     {"expires_in", lives},
                     {"ext_expires_in", lives},
                     {"access_token", token.text}}};
}

std::variant<AccessToken, OAuthError> decide(const TokenEndpoint& endpoint,
                                             const TokenRequest& request,
                                             Timestamp now,
                                             const base::Cancellation& cancellation) {
    if (auto error = check_shape(endpoint, request)) {
        return *std::move(error);
    }
    const auto client_id = field_of(request.form, "client_id");
    const auto principal = endpoint.find_principal(client_id);
    if (!principal) {
        return unknown_application(endpoint, client_id);
    }
    if (auto error = check_proof(endpoint, *principal, request.form, now, cancellation)) {
        return *std::move(error);
    }
    auto resource = requested_resource(endpoint, request.form);
    if (auto* error = std::get_if<OAuthError>(&resource)) {
        return std::move(*error);
    }
    return endpoint.issuer.issue(*principal, std::get<std::string>(resource), now);
}

}  // namespace

std::vector<std::string> token_urls_of(std::string_view base_url, std::string_view tenant_id) {
    const auto base = trimmed_resource(base_url);
    return {fmt::format("{}/adfs/oauth2/token", base),
            fmt::format("{}/{}/oauth2/v2.0/token", base, tenant_id),
            fmt::format("{}/{}/oauth2/token", base, tenant_id),
            fmt::format("{}/{}/v2.0", base, tenant_id)};  // the issuer, which Entra ID takes too
}

TokenResponse answer_token_request(const TokenEndpoint& endpoint,
                                   const TokenRequest& request,
                                   Timestamp now,
                                   const base::Cancellation& cancellation) {
    const auto decision = decide(endpoint, request, now, cancellation);
    if (const auto* error = std::get_if<OAuthError>(&decision)) {
        return to_response(*error, now, request.correlation_id);
    }
    return granted(std::get<AccessToken>(decision));
}

}  // namespace ingot::identity
