// SPDX-License-Identifier: Apache-2.0
// Connections are shared, and replaced when they are lost.
#include "contract/store/database_kinds.h"
#include "contract/store/store_samples.h"
#include "store/run_store.h"

#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace ingot::store {
namespace {

class ConnectionPoolContract : public testing::TestWithParam<DatabaseKind> {
  protected:
    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
    std::unique_ptr<ConnectionPool> pool_ = open_pool(GetParam(), folder_.path());
};

TEST_P(ConnectionPoolContract, LendsTheSameConnectionAgain) {
    const sql::Database* first = nullptr;
    {
        const auto lease = pool_->borrow();
        first = &*lease;
    }
    EXPECT_EQ(&*pool_->borrow(), first);
}

TEST_P(ConnectionPoolContract, LendsAsManyAsAreUsedAtOnce) {
    const auto one = pool_->borrow();
    const auto two = pool_->borrow();
    EXPECT_NE(&*one, &*two);
}

TEST_P(ConnectionPoolContract, ServesManyThreads) {
    constexpr int kThreads = 8;
    constexpr int kRunsEach = 10;
    RunStore runs(*pool_);
    std::latch together(kThreads);
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < kThreads; ++i) {
            threads.emplace_back([&, i] {
                together.arrive_and_wait();
                for (int k = 0; k < kRunsEach; ++k) {
                    runs.create(sample_run(std::to_string(i) + "-" + std::to_string(k)));
                }
            });
        }
    }
    EXPECT_EQ(runs.list().size(), static_cast<std::size_t>(kThreads * kRunsEach));
}

INSTANTIATE_TEST_SUITE_P(Store, ConnectionPoolContract, all_database_kinds(), name_of_kind);

TEST(ConnectionPool, ReplacesConnectionsThatTheServerHasEnded) {
    const auto folder = os::ScratchFolder::temporary();
    const auto location = postgres_kind().location(folder.path());
    ConnectionPool pool(location);
    RunStore runs(pool);
    {
        const auto one = pool.borrow();
        const auto two = pool.borrow();
    }
    sql::Database::open(location).execute(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
    EXPECT_NO_THROW(runs.create(sample_run("after")));
    EXPECT_TRUE(runs.find("after"));
}

}  // namespace
}  // namespace ingot::store
