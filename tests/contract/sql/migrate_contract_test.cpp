// SPDX-License-Identifier: Apache-2.0
// What sql::migrate promises on each kind of database.
#include "contract/sql/database_contract.h"
#include "sql/migrate.h"

#include <array>
#include <latch>
#include <string>
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
constexpr auto kFirstOnly = std::span(kTwo).first(1);

class MigrateContract : public DatabaseContract {};

TEST_P(MigrateContract, CarriesOutEachStepOnce) {
    auto database = open();
    migrate(database, kTwo);
    migrate(database, kTwo);
    EXPECT_EQ(number(database, "SELECT SUM(size) FROM things"), 5);
    EXPECT_EQ(number(database, "SELECT COUNT(*) FROM schema_version"), 2);
}

TEST_P(MigrateContract, KeepsTheRowsOfAnOlderSchema) {
    auto database = open();
    migrate(database, kFirstOnly);
    database.execute("INSERT INTO things VALUES ('second')");
    migrate(database, kTwo);
    EXPECT_EQ(number(database, "SELECT SUM(size) FROM things"), 10);
}

TEST_P(MigrateContract, LeavesNothingBehindWhenAStepFails) {
    auto database = open();
    migrate(database, kFirstOnly);
    const std::array broken = {
        kTwo[0], kTwo[1], Migration{.version = 3, .script = "CREATE TABLE more (a TEXT); oops"}};
    EXPECT_THROW(migrate(database, broken), base::Error);
    EXPECT_EQ(number(database, "SELECT MAX(version) FROM schema_version"), 1);
    EXPECT_THROW((void)database.prepare("SELECT size FROM things"), base::Error);
}

TEST_P(MigrateContract, RefusesTheSchemaOfANewerProgram) {
    auto database = open();
    migrate(database, kTwo);
    try {
        migrate(database, kFirstOnly);
        FAIL() << "an older program used a newer schema";
    } catch (const base::Error& error) {
        EXPECT_EQ(error.kind(), base::ErrorKind::PreconditionFailed);
        EXPECT_EQ(error.code(), "DatabaseTooNew");
        EXPECT_THAT(error.message(), testing::HasSubstr("schema 2, this one knows up to 1"));
    }
}

TEST_P(MigrateContract, MigratesOnceHoweverManyStartAtOnce) {
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

// Keys are compared and pages cut in this order; a server's language may put "a" before "B".
TEST_P(MigrateContract, MakesTextSortByItsBytes) {
    auto database = open();
    migrate(database, kTwo);
    database.execute(
        "DELETE FROM things; INSERT INTO things VALUES ('a', 1); INSERT INTO things VALUES ('B', "
        "1);"
        "INSERT INTO things VALUES ('_', 1); INSERT INTO things VALUES ('a/b', 1);"
        "INSERT INTO things VALUES ('a-b', 1); INSERT INTO things VALUES ('\xc3\xa4', 1)");
    auto query = database.prepare("SELECT name FROM things ORDER BY name");
    std::string order;
    while (query.next()) {
        order += query.row().text() + " ";
    }
    EXPECT_EQ(order, "B _ a a-b a/b \xc3\xa4 ");
    EXPECT_EQ(number(database, "SELECT COUNT(*) FROM things WHERE name > 'a/' AND name < 'a0'"), 1);
}

TEST_P(MigrateContract, MakesColumnsThatCameLaterSortByTheirBytes) {
    auto database = open();
    migrate(database, kFirstOnly);
    const std::array three = {
        kTwo[0],
        kTwo[1],
        Migration{.version = 3, .script = "ALTER TABLE things ADD COLUMN more TEXT"}};
    migrate(database, three);
    database.execute(
        "INSERT INTO things VALUES ('x', 1, 'a'); INSERT INTO things VALUES ('x', 1, 'B')");
    auto query = database.prepare("SELECT more FROM things WHERE name = 'x' ORDER BY more");
    ASSERT_TRUE(query.next());
    EXPECT_EQ(query.row().text(), "B");
}

INSTANTIATE_TEST_SUITE_P(Sql, MigrateContract, all_database_kinds(), name_of_kind);

}  // namespace
}  // namespace ingot::sql
