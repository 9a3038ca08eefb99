// SPDX-License-Identifier: Apache-2.0
// A writer is killed with SIGKILL: what it reported is there, what it did not finish is not.
#include "contract/database_kinds.h"
#include "integration/store/store_writer.h"
#include "os/wait.h"

#include <array>
#include <csignal>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

namespace ingot::store {
namespace {

// Reads the child's output until `lines` lines begin with kMark; returns how many did.
int read_marks(const os::Child& child, int lines) {
    std::string text;
    std::array<char, 4096> buffer{};
    int marks = 0;
    while (marks < lines) {
        (void)os::wait_readable(child.standard_output().get(), base::Cancellation());
        const auto got = ::read(child.standard_output().get(), buffer.data(), buffer.size());
        if (got <= 0) {
            break;
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
        marks = 0;
        for (auto at = text.find(kMark); at != std::string::npos; at = text.find(kMark, at + 1)) {
            ++marks;
        }
    }
    return marks;
}

os::Child start_writer(const std::string& way,
                       const std::string& location,
                       const std::string& name) {
    auto spec = writer_process(way, location, name);
    spec.standard_output = os::Stream::Pipe;
    return os::Child::start(spec);
}

class KilledWriter : public testing::TestWithParam<DatabaseKind> {};

TEST_P(KilledWriter, LeavesEveryVersionItReportedAndNoHalfOne) {
    const auto folder = os::ScratchFolder::temporary();
    const auto location = GetParam().location(folder.path());
    constexpr int kRounds = 20;
    int reported = 0;
    for (int round = 0; round < kRounds; ++round) {
        auto writer = start_writer("until-killed", location, "round" + std::to_string(round) + "-");
        const int wanted = 1 + round * 7 % 13;  // a different moment each time
        const int seen = read_marks(writer, wanted);
        writer.send_signal(SIGKILL);
        EXPECT_EQ(writer.wait(base::Cancellation()).signal, SIGKILL);
        ASSERT_GE(seen, wanted);
        reported += seen;

        // Opening waits for the write lock: a server may still be at the killed writer's commit.
        ConnectionPool database(location);
        ImageStore images(database);
        std::vector<std::string> run_ids;
        for (const auto& version : images.versions()) {
            run_ids.push_back(version.provenance.run_id);
        }
        const auto connection = database.borrow();
        auto counted = connection->prepare("SELECT COUNT(*) FROM run_outputs");
        ASSERT_TRUE(counted.next());
        EXPECT_EQ(counted.row().integer(), static_cast<std::int64_t>(run_ids.size()));
        EXPECT_GE(static_cast<int>(run_ids.size()), reported);
        EXPECT_TRUE(is_intact(*database.borrow()));
    }
}

TEST_P(KilledWriter, GivesTheLockBackAndLeavesNothingOfAnOpenTransaction) {
    const auto folder = os::ScratchFolder::temporary();
    const auto location = GetParam().location(folder.path());
    auto writer = start_writer("hang", location, "");
    ASSERT_EQ(read_marks(writer, 1), 1);
    {
        auto impatient =
            sql::Database::open(location, {.busy_timeout = std::chrono::milliseconds(1)});
        EXPECT_THROW(const sql::Transaction blocked(impatient), base::Error);
    }
    writer.send_signal(SIGKILL);
    EXPECT_EQ(writer.wait(base::Cancellation()).signal, SIGKILL);
    ConnectionPool database(location);
    ImageStore images(database);
    EXPECT_TRUE(images.versions().empty());
    EXPECT_TRUE(images.outputs_of("run").empty());
    EXPECT_EQ(publish_next(images, "next").number.to_string(), "0.0.1");
}

INSTANTIATE_TEST_SUITE_P(Store, KilledWriter, all_database_kinds(), name_of_kind);

}  // namespace
}  // namespace ingot::store
