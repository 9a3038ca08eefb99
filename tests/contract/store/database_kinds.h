// SPDX-License-Identifier: Apache-2.0
// The databases that the stores run on. Every contract runs on each; a further driver is one more
// entry here.
#pragma once

#include "os/files.h"
#include "store/connection_pool.h"

#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace ingot::store {

struct DatabaseKind {
    std::string name;
    // Each call is a further pool of connections to the same database.
    std::function<std::unique_ptr<ConnectionPool>(const os::Path& folder)> open;
};

inline auto all_database_kinds() {
    return testing::Values(DatabaseKind{.name = "Sqlite", .open = [](const os::Path& folder) {
                                            return std::make_unique<ConnectionPool>(folder / "state.db");
                                        }});
}

inline std::string name_of_kind(const testing::TestParamInfo<DatabaseKind>& info) {
    return info.param.name;
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
        return Connected<Store>(GetParam().open(folder_.path()));
    }

  private:
    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
};

}  // namespace ingot::store
