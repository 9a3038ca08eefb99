// SPDX-License-Identifier: Apache-2.0
// Where applications and managed identities are kept, as identity/ and providers/ need it; store/
// implements it. Ids are compared without case. Any thread. All throw Error{Unavailable} when the
// database cannot be used.
#pragma once

#include "identity/principal.h"

#include <optional>
#include <string_view>
#include <vector>

namespace ingot::identity {

class PrincipalRepository {
  public:
    PrincipalRepository() = default;
    virtual ~PrincipalRepository() = default;
    PrincipalRepository(const PrincipalRepository&) = delete;
    PrincipalRepository& operator=(const PrincipalRepository&) = delete;

    // Inserts, or replaces the one of the same client id. Durable on return.
    virtual void save(const ServicePrincipal& principal) = 0;
    // True if it was there.
    virtual bool remove(std::string_view client_id) = 0;

    [[nodiscard]] virtual std::optional<ServicePrincipal> find_by_client(
        std::string_view client_id) = 0;
    [[nodiscard]] virtual std::optional<ServicePrincipal> find_by_object(
        std::string_view object_id) = 0;
    [[nodiscard]] virtual std::vector<ServicePrincipal> list() = 0;
};

}  // namespace ingot::identity
