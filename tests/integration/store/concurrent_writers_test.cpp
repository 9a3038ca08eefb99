// SPDX-License-Identifier: Apache-2.0
// Many writers number versions of one definition at once: threads with a connection each, and
// processes.
#include "contract/database_kinds.h"
#include "integration/store/store_writer.h"

#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace ingot::store {
namespace {

constexpr int kThreads = 8;
constexpr int kProcesses = 4;

class ConcurrentWriters : public testing::TestWithParam<DatabaseKind> {};

TEST_P(ConcurrentWriters, GetDistinctNumbersAndLoseNone) {
    const auto folder = os::ScratchFolder::temporary();
    const auto location = GetParam().location(folder.path());
    std::vector<os::Child> processes;
    std::vector<std::string> all;
    for (int i = 0; i < kProcesses; ++i) {
        const auto writer = fmt::format("process-{}", i);
        processes.push_back(os::Child::start(writer_process("share", location, writer)));
        std::ranges::move(run_ids_of(writer), std::back_inserter(all));
    }
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < kThreads; ++i) {
            const auto writer = fmt::format("thread-{}", i);
            threads.emplace_back([&location, writer] { publish_share(location, writer); });
            std::ranges::move(run_ids_of(writer), std::back_inserter(all));
        }
    }
    for (auto& process : processes) {
        EXPECT_TRUE(process.wait(base::Cancellation()).success());
    }
    ConnectionPool database(location);
    ImageStore images(database);
    EXPECT_EQ(images.versions().size(),
              static_cast<std::size_t>((kThreads + kProcesses) * kVersionsEach));
    EXPECT_TRUE(is_whole(images, all));
    EXPECT_TRUE(is_intact(*database.borrow()));
}

INSTANTIATE_TEST_SUITE_P(Store, ConcurrentWriters, all_database_kinds(), name_of_kind);

}  // namespace
}  // namespace ingot::store
