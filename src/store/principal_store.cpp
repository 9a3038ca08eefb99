// SPDX-License-Identifier: Apache-2.0
#include "store/principal_store.h"

#include "base/ascii.h"
#include "base/json.h"
#include "store/columns.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace ingot::store {
namespace {

using boost::json::array;
using boost::json::object;
using identity::ClientCertificate;
using identity::ClientSecret;
using identity::FederatedCredential;
using identity::PrincipalKind;
using identity::ServicePrincipal;

constexpr std::string_view kSelect = "SELECT document FROM principals ";

object to_json(const ClientSecret& secret) {
    object document{{"id", secret.id}, {"hash", secret.hash}, {"hint", secret.hint}};
    if (secret.expires) {
        document["expires"] = base::to_rfc3339(*secret.expires);
    }
    return document;
}

object to_json(const ClientCertificate& certificate) {
    return {{"x5t", certificate.x5t}, {"x5tS256", certificate.x5t_s256}, {"pem", certificate.pem}};
}

object to_json(const FederatedCredential& credential) {
    return {{"name", credential.name},
            {"issuer", credential.issuer},
            {"subject", credential.subject},
            {"audience", credential.audience}};
}

template <typename Value>
array all_to_json(const std::vector<Value>& values) {
    array documents;
    for (const auto& value : values) {
        documents.push_back(to_json(value));
    }
    return documents;
}

std::string_view word_of(PrincipalKind kind) {
    return kind == PrincipalKind::Application ? "Application" : "ManagedIdentity";
}

std::string document_of(const ServicePrincipal& principal) {
    return boost::json::serialize(
        object{{"clientId", principal.client_id},
               {"objectId", principal.object_id},
               {"displayName", principal.display_name},
               {"kind", word_of(principal.kind)},
               {"tenantId", principal.tenant_id},
               {"resourceId", principal.resource_id},
               {"secrets", all_to_json(principal.secrets)},
               {"certificates", all_to_json(principal.certificates)},
               {"federatedCredentials", all_to_json(principal.federated_credentials)}});
}

// Throws what boost::json throws for a member that is missing or of another type.
std::string text(const object& document, std::string_view name) {
    return std::string(document.at(name).as_string());
}

ClientSecret secret_from(const object& document) {
    ClientSecret secret{
        .id = text(document, "id"), .hash = text(document, "hash"), .hint = text(document, "hint")};
    if (document.contains("expires")) {
        secret.expires = base::from_rfc3339(text(document, "expires"));
        if (!secret.expires) {
            throw unreadable_column("document");
        }
    }
    return secret;
}

ClientCertificate certificate_from(const object& document) {
    return {.x5t = text(document, "x5t"),
            .x5t_s256 = text(document, "x5tS256"),
            .pem = text(document, "pem")};
}

FederatedCredential credential_from(const object& document) {
    return {.name = text(document, "name"),
            .issuer = text(document, "issuer"),
            .subject = text(document, "subject"),
            .audience = text(document, "audience")};
}

template <typename Read>
auto all_from(const object& document, std::string_view name, Read&& read) {
    std::vector<decltype(read(document))> values;
    for (const auto& entry : document.at(name).as_array()) {
        values.push_back(read(entry.as_object()));
    }
    return values;
}

PrincipalKind kind_from(const std::string& word) {
    for (const auto kind : {PrincipalKind::Application, PrincipalKind::ManagedIdentity}) {
        if (word == word_of(kind)) {
            return kind;
        }
    }
    throw unreadable_column("document");
}

ServicePrincipal principal_from(const object& document) {
    return {.client_id = text(document, "clientId"),
            .object_id = text(document, "objectId"),
            .display_name = text(document, "displayName"),
            .kind = kind_from(text(document, "kind")),
            .tenant_id = text(document, "tenantId"),
            .resource_id = text(document, "resourceId"),
            .secrets = all_from(document, "secrets", secret_from),
            .certificates = all_from(document, "certificates", certificate_from),
            .federated_credentials = all_from(document, "federatedCredentials", credential_from)};
}

ServicePrincipal read_principal(sql::Row row) {
    const auto document = base::parse_own_json(row.text(), "principal");
    try {
        return principal_from(document.as_object());
    } catch (const std::invalid_argument&) {  // another type than it must be
        throw unreadable_column("document");
    } catch (const std::out_of_range&) {  // missing
        throw unreadable_column("document");
    }
}

std::optional<ServicePrincipal> find(ConnectionPool& pool,
                                     std::string_view condition,
                                     std::string_view id) {
    const auto database = pool.borrow();
    auto query = database->prepare(fmt::format("{}{}", kSelect, condition));
    query.bind(base::to_lower(id));
    return query.next() ? std::optional(read_principal(query.row())) : std::nullopt;
}

}  // namespace

// The columns hold the ids in lower case, for comparison; the document has them as they came.
void PrincipalStore::save(const ServicePrincipal& principal) {
    const auto database = pool_.borrow();
    sql::Transaction transaction(*database);
    database
        ->prepare(
            "INSERT INTO principals (client_id, object_id, document) VALUES ($1, $2, $3) "
            "ON CONFLICT (client_id) DO UPDATE SET object_id = excluded.object_id, "
            "document = excluded.document")
        .bind(base::to_lower(principal.client_id))
        .bind(base::to_lower(principal.object_id))
        .bind(document_of(principal))
        .run();
    transaction.commit();
}

bool PrincipalStore::remove(std::string_view client_id) {
    const auto database = pool_.borrow();
    sql::Transaction transaction(*database);
    const auto removed = database->prepare("DELETE FROM principals WHERE client_id = $1")
                             .bind(base::to_lower(client_id))
                             .run();
    transaction.commit();
    return removed > 0;
}

std::optional<ServicePrincipal> PrincipalStore::find_by_client(std::string_view client_id) {
    return find(pool_, "WHERE client_id = $1", client_id);
}

std::optional<ServicePrincipal> PrincipalStore::find_by_object(std::string_view object_id) {
    return find(pool_, "WHERE object_id = $1", object_id);
}

std::vector<ServicePrincipal> PrincipalStore::list() {
    const auto database = pool_.borrow();
    auto query = database->prepare(fmt::format("{}ORDER BY client_id", kSelect));
    std::vector<ServicePrincipal> found;
    while (query.next()) {
        found.push_back(read_principal(query.row()));
    }
    return found;
}

}  // namespace ingot::store
