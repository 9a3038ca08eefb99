// SPDX-License-Identifier: Apache-2.0
#include "sql/migrate.h"

#include "base/error.h"
#include "os/files.h"

#include <array>
#include <latch>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::sql {
namespace {

constexpr std::array kTwo = {
    Migration{.version = 1,
              .script = "CREATE TABLE things (name TEXT); "
                        "INSERT INTO things VALUES ('first')"},
    Migration{.version = 2,
              .script = "ALTER TABLE things ADD COLUMN size BIGINT; "
                        "UPDATE things SET size = 5"},
};
constexpr auto kOne = std::span(kTwo).first(1);

class MigrateTest : public testing::Test {
  protected:
    [[nodiscard]] Database open() const { return Database::open(folder_.path() / "state.db"); }

    static std::int64_t number(Database& database, std::string_view query) {
        auto statement = database.prepare(query);
        return statement.next() ? statement.row().integer() : -1;
    }

    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
};

TEST_F(MigrateTest, CarriesOutEachStepOnce) {
    auto database = open();
    migrate(database, kTwo);
    migrate(database, kTwo);
    EXPECT_EQ(number(database, "SELECT SUM(size) FROM things"), 5);
    EXPECT_EQ(number(database, "SELECT COUNT(*) FROM schema_version"), 2);
}

TEST_F(MigrateTest, KeepsTheRowsOfAnOlderSchema) {
    auto database = open();
    migrate(database, kOne);
    database.execute("INSERT INTO things VALUES ('second')");
    migrate(database, kTwo);
    EXPECT_EQ(number(database, "SELECT SUM(size) FROM things"), 10);
}

TEST_F(MigrateTest, LeavesNothingBehindWhenAStepFails) {
    auto database = open();
    migrate(database, kOne);
    const std::array broken = {
        kTwo[0], kTwo[1], Migration{.version = 3, .script = "CREATE TABLE more (a TEXT); oops"}};
    EXPECT_THROW(migrate(database, broken), base::Error);
    EXPECT_EQ(number(database, "SELECT MAX(version) FROM schema_version"), 1);
    EXPECT_THROW((void)database.prepare("SELECT size FROM things"), base::Error);
}

TEST_F(MigrateTest, RefusesTheSchemaOfANewerProgram) {
    auto database = open();
    migrate(database, kTwo);
    try {
        migrate(database, kOne);
        FAIL() << "an older program used a newer schema";
    } catch (const base::Error& error) {
        EXPECT_EQ(error.kind(), base::ErrorKind::PreconditionFailed);
        EXPECT_EQ(error.code(), "DatabaseTooNew");
        EXPECT_THAT(error.message(), testing::HasSubstr("schema 2, this one knows up to 1"));
    }
}

TEST_F(MigrateTest, MigratesOnceHoweverManyStartAtOnce) {
    constexpr int kStarters = 8;
    std::latch together(kStarters);
    {
        std::vector<std::jthread> starters;
        for (int i = 0; i < kStarters; ++i) {
            starters.emplace_back([&] {
                together.arrive_and_wait();
                auto database = open();
                migrate(database, kTwo);
            });
        }
    }
    auto database = open();
    EXPECT_EQ(number(database, "SELECT COUNT(*) FROM things"), 1);
    EXPECT_EQ(number(database, "SELECT COUNT(*) FROM schema_version"), 2);
}

}  // namespace
}  // namespace ingot::sql
