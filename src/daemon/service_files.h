// SPDX-License-Identifier: Apache-2.0
// What the service keeps in files of its state folder, under service/: its authority and
// certificate, the key that signs tokens, and who administers it. Made at the first start, mode
// 0600. Everything else is in the database.
#pragma once

#include "base/timestamp.h"
#include "http/certificates.h"
#include "identity/key.h"
#include "os/files.h"

#include <optional>
#include <string>

namespace ingot::daemon {

// The first application, as `ingot connect` hands it to clients.
struct Administrator {
    std::string tenant_id;
    std::string subscription_id;
    std::string client_id;
    std::string client_secret;  // nowhere else in clear
};

class ServiceFiles {
  public:
    // `state` is the state folder's root. Makes nothing yet.
    explicit ServiceFiles(const os::Path& state);

    // The certificate that the service shows for these names, made or renewed where needed. Signed
    // by the authority in ca.pem, which clients are told to trust.
    [[nodiscard]] http::TlsIdentity certificate_for(const http::ServerNames& names,
                                                    base::Timestamp now) const;

    [[nodiscard]] os::Path authority_certificate() const { return folder_ / "ca.pem"; }

    [[nodiscard]] identity::SigningKey token_key() const;

    // A secret of this service alone, for signed addresses.
    [[nodiscard]] std::string signing_secret() const;

    // Nothing before the first start. Throws Error{Corrupt}.
    [[nodiscard]] std::optional<Administrator> administrator() const;
    void keep(const Administrator& administrator) const;

    // Where the service listens, for clients on this host: https://localhost:8443. Empty while it
    // has never been ready.
    [[nodiscard]] std::string address() const;
    void keep_address(const std::string& address) const;

    [[nodiscard]] os::Path socket() const { return folder_ / "ingot.sock"; }

  private:
    [[nodiscard]] http::TlsIdentity authority(base::Timestamp now) const;

    os::Path folder_;
};

}  // namespace ingot::daemon
