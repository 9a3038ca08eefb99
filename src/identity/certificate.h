// SPDX-License-Identifier: Apache-2.0
// The X.509 certificate with which an application signs its assertions: its key, its validity and
// its thumbprints. No chain is followed: what counts is that it was registered.
#pragma once

#include "base/timestamp.h"
#include "identity/key.h"

#include <string>
#include <string_view>

namespace ingot::identity {

class PublicCertificate {
  public:
    // The first certificate in `pem`. Throws Error{InvalidArgument, "InvalidCertificate"}.
    [[nodiscard]] static PublicCertificate from_pem(std::string_view pem);

    [[nodiscard]] const PublicKey& key() const { return key_; }

    // Of the DER form, in base64url: SHA-1 and SHA-256 (RFC 7515 sections 4.1.7 and 4.1.8).
    [[nodiscard]] const std::string& x5t() const { return x5t_; }

    [[nodiscard]] const std::string& x5t_s256() const { return x5t_s256_; }

    [[nodiscard]] base::Timestamp not_before() const { return not_before_; }

    [[nodiscard]] base::Timestamp not_after() const { return not_after_; }

    // Alone and in PEM: what a registration keeps, without the private key that people paste along.
    [[nodiscard]] const std::string& pem() const { return pem_; }

  private:
    explicit PublicCertificate(PublicKey key) : key_(std::move(key)) {}

    PublicKey key_;
    std::string x5t_;
    std::string x5t_s256_;
    std::string pem_;
    base::Timestamp not_before_;
    base::Timestamp not_after_;
};

}  // namespace ingot::identity
