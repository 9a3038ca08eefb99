// SPDX-License-Identifier: Apache-2.0
// Applications and managed identities in SQL (table principals, one JSON document each). The
// contract is identity/principal_repository.h.
#pragma once

#include "identity/principal_repository.h"
#include "store/connection_pool.h"

namespace ingot::store {

class PrincipalStore final : public identity::PrincipalRepository {
  public:
    // Must outlive this.
    explicit PrincipalStore(ConnectionPool& pool) : pool_(pool) {}

    void save(const identity::ServicePrincipal& principal) override;
    bool remove(std::string_view client_id) override;
    [[nodiscard]] std::optional<identity::ServicePrincipal> find_by_client(
        std::string_view client_id) override;
    [[nodiscard]] std::optional<identity::ServicePrincipal> find_by_object(
        std::string_view object_id) override;
    [[nodiscard]] std::vector<identity::ServicePrincipal> list() override;

  private:
    ConnectionPool& pool_;
};

}  // namespace ingot::store
