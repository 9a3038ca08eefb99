// SPDX-License-Identifier: Apache-2.0
// Who can sign in: applications and managed identities, with what they prove themselves by. Values
// only; keeping them is store/'s job, checking a proof token_endpoint.h's.
#pragma once

#include "base/timestamp.h"

#include <optional>
#include <string>
#include <vector>

namespace ingot::identity {

struct ClientSecret {
    std::string id;    // a UUID
    std::string hash;  // as hash_secret() made it
    std::string hint;  // what may be shown
    std::optional<base::Timestamp> expires{};
};

struct ClientCertificate {
    std::string x5t;  // SHA-1 thumbprint in base64url
    std::string x5t_s256;
    std::string pem;  // the certificate alone
};

// A token of this issuer, for this subject and audience, is as good as a secret.
struct FederatedCredential {
    std::string name;
    std::string issuer;
    std::string subject;
    std::string audience = "api://AzureADTokenExchange";
};

enum class PrincipalKind { Application, ManagedIdentity };

struct ServicePrincipal {
    std::string client_id;  // what Azure calls app id too
    std::string object_id;  // what role assignments name
    std::string display_name{};
    PrincipalKind kind = PrincipalKind::Application;
    std::string tenant_id{};
    std::string resource_id{};  // of a managed identity: its ARM id
    std::vector<ClientSecret> secrets{};
    std::vector<ClientCertificate> certificates{};
    std::vector<FederatedCredential> federated_credentials{};
};

}  // namespace ingot::identity
