// SPDX-License-Identifier: Apache-2.0
#include "daemon/service_files.h"

#include "base/error.h"
#include "base/json.h"
#include "identity/secret.h"

#include <chrono>
#include <filesystem>
#include <utility>

#include <boost/json/object.hpp>

namespace ingot::daemon {
namespace {

constexpr auto kRenewBefore = std::chrono::days(30);
constexpr unsigned kPrivate = 0600;

std::string text_at(const boost::json::object& object, const char* name) {
    const auto* member = object.if_contains(name);
    if (member == nullptr || !member->is_string()) {
        throw base::Error(base::ErrorKind::Corrupt,
                          "UnreadableAdministrator",
                          std::string("administrator.json lacks the text '") + name + "'");
    }
    return std::string(member->get_string());
}

// The text of a file that is made once.
template <typename Make>
std::string kept_text(const os::Path& path, Make&& make) {
    if (!std::filesystem::exists(path)) {
        os::replace_file(path, make(), kPrivate);
    }
    return os::read_file(path);
}

}  // namespace

ServiceFiles::ServiceFiles(const os::Path& state) : folder_(state / "service") {
    os::make_folders(folder_);
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
}

http::TlsIdentity ServiceFiles::authority(base::Timestamp now) const {
    const auto key = folder_ / "ca-key.pem";
    if (!std::filesystem::exists(key) || !std::filesystem::exists(authority_certificate())) {
        const auto made = http::make_authority("Ingot", now);
        os::replace_file(authority_certificate(), made.certificate_chain, 0644);
        os::replace_file(key, made.private_key, kPrivate);
    }
    return {os::read_file(authority_certificate()), os::read_file(key)};
}

http::TlsIdentity ServiceFiles::certificate_for(const http::ServerNames& names,
                                                base::Timestamp now) const {
    const auto signer = authority(now);
    const auto certificate = folder_ / "server.pem";
    const auto key = folder_ / "server-key.pem";
    if (std::filesystem::exists(certificate) && std::filesystem::exists(key)) {
        const auto known = os::read_file(certificate);
        if (http::covers(known, names) && !http::expires_within(known, kRenewBefore, now) &&
            http::is_signed_by(known, signer.certificate_chain)) {
            return {known, os::read_file(key)};
        }
    }
    auto made = http::make_server_certificate(signer, names, now);
    os::replace_file(key, made.private_key, kPrivate);
    os::replace_file(certificate, made.certificate_chain, 0644);
    return made;
}

identity::SigningKey ServiceFiles::token_key() const {
    return identity::SigningKey::from_pem(kept_text(
        folder_ / "token-key.pem", [] { return identity::SigningKey::generate_rsa().to_pem(); }));
}

std::string ServiceFiles::signing_secret() const {
    return kept_text(folder_ / "signing-secret", [] { return identity::generate_secret(); });
}

std::optional<Administrator> ServiceFiles::administrator() const {
    const auto path = folder_ / "administrator.json";
    if (!std::filesystem::exists(path)) {
        return std::nullopt;
    }
    const auto document = base::parse_own_json(os::read_file(path), path.string());
    const auto& object = document.as_object();
    return Administrator{.tenant_id = text_at(object, "tenantId"),
                         .subscription_id = text_at(object, "subscriptionId"),
                         .client_id = text_at(object, "clientId"),
                         .client_secret = text_at(object, "clientSecret")};
}

void ServiceFiles::keep(const Administrator& administrator) const {
    const boost::json::object document{{"tenantId", administrator.tenant_id},
                                       {"subscriptionId", administrator.subscription_id},
                                       {"clientId", administrator.client_id},
                                       {"clientSecret", administrator.client_secret}};
    os::replace_file(folder_ / "administrator.json", base::pretty_json(document), kPrivate);
}

std::string ServiceFiles::address() const {
    const auto path = folder_ / "address";
    return std::filesystem::exists(path) ? os::read_file(path) : "";
}

void ServiceFiles::keep_address(const std::string& address) const {
    os::replace_file(folder_ / "address", address, 0644);
}

}  // namespace ingot::daemon
