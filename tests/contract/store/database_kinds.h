// SPDX-License-Identifier: Apache-2.0
// Repositories on each kind of database.
#pragma once

#include "contract/database_kinds.h"
#include "os/files.h"
#include "store/connection_pool.h"

#include <memory>

#include <gtest/gtest.h>

namespace ingot::store {

// Each call is a further pool of connections to the same database.
inline std::unique_ptr<ConnectionPool> open_pool(const DatabaseKind& kind, const os::Path& folder) {
    return std::make_unique<ConnectionPool>(kind.location(folder));
}

// A repository on connections of its own.
template <typename Store>
class Connected {
  public:
    explicit Connected(std::unique_ptr<ConnectionPool> database)
        : database_(std::move(database)), store_(*database_) {}

    Store* operator->() { return &store_; }

  private:
    std::unique_ptr<ConnectionPool> database_;
    Store store_;
};

template <typename Store>
class StoreContract : public testing::TestWithParam<DatabaseKind> {
  protected:
    [[nodiscard]] Connected<Store> connect() const {
        return Connected<Store>(open_pool(GetParam(), folder_.path()));
    }

  private:
    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
};

}  // namespace ingot::store
