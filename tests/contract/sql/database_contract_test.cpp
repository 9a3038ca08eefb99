// SPDX-License-Identifier: Apache-2.0
// What sql::Database promises, whatever the location says.
#include "contract/sql/database_contract.h"

#include <latch>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::sql {
namespace {

using base::ErrorKind;
using testing::HasSubstr;
using testing::Not;

TEST_P(DatabaseContract, GivesBackWhatWasBound) {
    auto database = with_table();
    const std::string text = "a\t\x1b[1m'; DROP TABLE things; -- $1 \\ \xc3\xa4\xf0\x9f\x90\xa7\n";
    const auto largest = std::numeric_limits<std::int64_t>::max();
    database.prepare("INSERT INTO things VALUES ($1, $2)").bind(text).bind(largest).run();
    auto query = database.prepare("SELECT name, size, NULL, NULL, '', -1 FROM things");
    ASSERT_TRUE(query.next());
    auto row = query.row();
    EXPECT_EQ(row.text(), text);
    EXPECT_EQ(row.optional_integer(), largest);
    EXPECT_EQ(row.optional_text(), std::nullopt);
    EXPECT_EQ(row.optional_integer(), std::nullopt);
    EXPECT_EQ(row.optional_text(), "");
    EXPECT_EQ(row.integer(), -1);
    EXPECT_FALSE(query.next());
}

TEST_P(DatabaseContract, GivesBackALongText) {
    auto database = with_table();
    const std::string text(3'000'000, 'x');
    database.execute("CREATE TABLE long (text TEXT)");
    database.prepare("INSERT INTO long VALUES ($1)").bind(text).run();
    auto query = database.prepare("SELECT text FROM long");
    ASSERT_TRUE(query.next());
    EXPECT_TRUE(query.row().text() == text);
}

TEST_P(DatabaseContract, BindsParametersByNumberNotByPlace) {
    auto database = open();
    auto query = database.prepare("SELECT $2, $1, $2");
    ASSERT_TRUE(query.bind("one").bind("two").next());
    auto row = query.row();
    EXPECT_EQ(row.text() + row.text() + row.text(), "twoonetwo");
}

TEST_P(DatabaseContract, BindsEmptyTextAsTextAndEmptyOptionalAsNull) {
    auto database = with_table();
    database.prepare("INSERT INTO things VALUES ($1, $2)")
        .bind(std::string_view())
        .bind(std::optional<std::int64_t>())
        .run();
    EXPECT_EQ(number(database, "SELECT COUNT(*) FROM things WHERE name = '' AND size IS NULL"), 1);
}

TEST_P(DatabaseContract, RunsAStatementAgainWithNewValuesAndCountsRows) {
    auto database = with_table();
    auto insert = database.prepare("INSERT INTO things VALUES ($1, $2)");
    EXPECT_EQ(insert.bind("a").bind(1).run(), 1);
    EXPECT_EQ(insert.bind("b").bind(2).run(), 1);
    EXPECT_EQ(database.prepare("UPDATE things SET size = 3").run(), 2);
    EXPECT_EQ(database.prepare("UPDATE things SET size = 4 WHERE name = 'c'").run(), 0);
    EXPECT_EQ(database.prepare("DELETE FROM things WHERE name = $1").bind("b").run(), 1);
}

TEST_P(DatabaseContract, UpdatesOnConflictAndReturnsRows) {
    auto database = with_table();
    for (const int size : {1, 2}) {
        auto upsert = database.prepare(
            "INSERT INTO things VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET "
            "size = excluded.size RETURNING size");
        ASSERT_TRUE(upsert.bind("a").bind(size).next());
        EXPECT_EQ(upsert.row().integer(), size);
        EXPECT_FALSE(upsert.next());
    }
    EXPECT_EQ(count(database), 1);
}

TEST_P(DatabaseContract, RunsAStatementWhileAnotherIsRead) {
    auto database = with_table();
    database.execute("INSERT INTO things VALUES ('a', 1); INSERT INTO things VALUES ('b', 2)");
    auto names = database.prepare("SELECT name FROM things ORDER BY name");
    std::string read;
    while (names.next()) {
        const auto name = names.row().text();
        database.prepare("UPDATE things SET size = 9 WHERE name = $1").bind(name).run();
        read += name;
    }
    EXPECT_EQ(read, "ab");
    EXPECT_EQ(number(database, "SELECT COUNT(*) FROM things WHERE size = 9"), 2);
}

TEST_P(DatabaseContract, UndoesATransactionThatIsNotCommitted) {
    auto database = with_table();
    {
        const Transaction transaction(database);
        database.execute("INSERT INTO things VALUES ('a', 1)");
    }
    EXPECT_EQ(count(database), 0);
    Transaction transaction(database);
    database.execute("INSERT INTO things VALUES ('a', 1)");
    transaction.commit();
    auto other = open();
    EXPECT_EQ(count(other), 1);
}

TEST_P(DatabaseContract, ShowsOthersNothingBeforeTheCommit) {
    auto database = with_table();
    auto other = open();
    Transaction transaction(database);
    database.execute("INSERT INTO things VALUES ('a', 1)");
    EXPECT_EQ(count(other), 0) << "and readers do not wait";
    transaction.commit();
    EXPECT_EQ(count(other), 1);
}

// Each reads, then writes what it read plus one: with a snapshot from before the lock, or with
// none, steps would be lost.
TEST_P(DatabaseContract, LetsAWriterSeeWhatTheLastOneCommitted) {
    with_table().execute("INSERT INTO things VALUES ('sum', 1000)");
    constexpr int kWriters = 4;
    constexpr int kSteps = 25;
    std::latch together(kWriters);
    {
        std::vector<std::jthread> writers;
        for (int i = 0; i < kWriters; ++i) {
            writers.emplace_back([&] {
                auto database = open();
                together.arrive_and_wait();
                for (int step = 0; step < kSteps; ++step) {
                    Transaction transaction(database);
                    const auto sum = number(database, "SELECT size FROM things");
                    database.prepare("UPDATE things SET size = $1").bind(sum + 1).run();
                    transaction.commit();
                }
            });
        }
    }
    auto database = open();
    EXPECT_EQ(number(database, "SELECT size FROM things"), 1000 + kWriters * kSteps);
}

TEST_P(DatabaseContract, TellsThatItStayedLockedAndStaysUsable) {
    auto holder = with_table();
    auto database = open({.busy_timeout = std::chrono::milliseconds(2)});
    {
        const Transaction held(holder);
        const auto error = error_of([&] { const Transaction transaction(database); });
        EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
        EXPECT_EQ(error.code(), "DatabaseBusy");
        EXPECT_THAT(error.message(), HasSubstr(database.name()));
    }
    Transaction transaction(database);
    database.execute("INSERT INTO things VALUES ('after', 1)");
    transaction.commit();
    EXPECT_EQ(count(holder), 1);
}

TEST_P(DatabaseContract, StopsWaitingForTheLockWhenCancelled) {
    auto holder = with_table();
    const Transaction held(holder);
    const base::Cancellation cancellation;
    auto database = open({.busy_timeout = std::chrono::hours(1), .cancellation = cancellation});
    const std::jthread canceller([&] { cancellation.cancel(base::CancelCause::User); });
    EXPECT_THROW(const Transaction transaction(database), base::Cancelled);
}

TEST_P(DatabaseContract, InterruptsARunningStatementWhenCancelled) {
    const base::Cancellation cancellation;
    auto database = open({.cancellation = cancellation});
    auto endless = database.prepare(
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT 1 FROM n) "
        "SELECT x FROM n WHERE x < 0");
    const std::jthread canceller([&] { cancellation.cancel(base::CancelCause::User); });
    EXPECT_THROW((void)endless.next(), base::Cancelled);
}

TEST_P(DatabaseContract, UndoesATransactionEvenWhenCancelled) {
    const base::Cancellation cancellation;
    auto other = with_table();
    auto database = open({.cancellation = cancellation});
    {
        const Transaction transaction(database);
        database.execute("INSERT INTO things VALUES ('a', 1)");
        cancellation.cancel(base::CancelCause::User);
    }
    const Transaction free_again(other);
    EXPECT_EQ(count(other), 0);
}

TEST_P(DatabaseContract, RefusesAMissingValueWhereOneMustBe) {
    auto database = open();
    auto query = database.prepare("SELECT NULL AS lost");
    ASSERT_TRUE(query.next());
    const auto error = error_of([&] { (void)query.row().text(); });
    EXPECT_EQ(error.kind(), ErrorKind::Corrupt);
    EXPECT_THAT(error.message(), HasSubstr("lost"));
    EXPECT_THAT(error.message(), HasSubstr("backup"));
}

TEST_P(DatabaseContract, RefusesTextWhereANumberMustBe) {
    auto database = with_table();
    database.execute("INSERT INTO things VALUES ('12 monkeys', 1)");
    auto query = database.prepare("SELECT name FROM things");
    ASSERT_TRUE(query.next());
    EXPECT_EQ(error_of([&] { (void)query.row().integer(); }).kind(), ErrorKind::Corrupt);
}

TEST_P(DatabaseContract, NamesConstraintsButNoValues) {
    auto database = with_table();
    auto insert = [&](int size) {
        database.prepare("INSERT INTO things VALUES ($1, $2)").bind("s3cret").bind(size).run();
    };
    insert(1);
    const auto duplicate = error_of([&] { insert(1); });
    EXPECT_EQ(duplicate.kind(), ErrorKind::AlreadyExists);
    EXPECT_THAT(duplicate.message(), HasSubstr("things"));
    database.execute("DELETE FROM things");
    const auto refused = error_of([&] { insert(7); });
    EXPECT_EQ(refused.kind(), ErrorKind::Conflict);
    EXPECT_EQ(refused.code(), "ConstraintViolated");
    EXPECT_THAT(duplicate.message() + refused.message(), Not(HasSubstr("s3cret")));
}

TEST_P(DatabaseContract, EnforcesForeignKeys) {
    auto database = with_table();
    database.execute("CREATE TABLE parts (thing TEXT REFERENCES things (name))");
    EXPECT_EQ(error_of([&] { database.execute("INSERT INTO parts VALUES ('none')"); }).kind(),
              ErrorKind::Conflict);
}

TEST_P(DatabaseContract, SaysAtOnceThatAStatementIsWrong) {
    auto database = open();
    const auto error = error_of([&] { (void)database.prepare("SELECT oops FROM nowhere"); });
    EXPECT_EQ(error.kind(), ErrorKind::Internal);
    EXPECT_THAT(error.message(), HasSubstr("nowhere"));
    EXPECT_TRUE(database.is_usable());
}

INSTANTIATE_TEST_SUITE_P(Sql, DatabaseContract, all_database_kinds(), name_of_kind);

}  // namespace
}  // namespace ingot::sql
