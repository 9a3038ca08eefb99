// SPDX-License-Identifier: Apache-2.0
#include "sql/database.h"

#include "base/error.h"
#include "os/files.h"

#include <fstream>
#include <future>
#include <limits>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace ingot::sql {
namespace {

using base::Error;
using base::ErrorKind;
using testing::HasSubstr;
using testing::Not;

class DatabaseTest : public testing::Test {
  protected:
    [[nodiscard]] Database open(const OpenOptions& options = {}) const {
        return Database::open(file_, options);
    }

    [[nodiscard]] Database with_table() const {
        auto database = open();
        database.execute(
            "CREATE TABLE things (name TEXT PRIMARY KEY, size BIGINT CHECK (size <> 7))");
        return database;
    }

    static std::int64_t count(Database& database) {
        auto query = database.prepare("SELECT COUNT(*) FROM things");
        return query.next() ? query.row().integer() : -1;
    }

    template <typename Body>
    static Error error_of(Body&& body) {
        try {
            body();
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "nothing was thrown";
        return {ErrorKind::Internal, "", ""};
    }

    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
    os::Path file_ = folder_.path() / "state.db";
};

TEST_F(DatabaseTest, GivesBackWhatWasBound) {
    auto database = with_table();
    const std::string bytes("a\0b'; DROP TABLE things; -- \xc3\xa4", 31);
    const auto largest = std::numeric_limits<std::int64_t>::max();
    database.prepare("INSERT INTO things VALUES ($1, $2)").bind(bytes).bind(largest).run();
    auto query = database.prepare("SELECT name, size, NULL, NULL, '' FROM things");
    ASSERT_TRUE(query.next());
    auto row = query.row();
    EXPECT_EQ(row.text(), bytes);
    EXPECT_EQ(row.optional_integer(), largest);
    EXPECT_EQ(row.optional_text(), std::nullopt);
    EXPECT_EQ(row.optional_integer(), std::nullopt);
    EXPECT_EQ(row.optional_text(), "");
    EXPECT_FALSE(query.next());
}

TEST_F(DatabaseTest, BindsParametersByNumberNotByPlace) {
    auto database = open();
    auto query = database.prepare("SELECT $2, $1, $2");
    ASSERT_TRUE(query.bind("one").bind("two").next());
    auto row = query.row();
    EXPECT_EQ(row.text() + row.text() + row.text(), "twoonetwo");
}

TEST_F(DatabaseTest, BindsEmptyTextAsTextAndEmptyOptionalAsNull) {
    auto database = open();
    auto query = database.prepare("SELECT $1 IS NULL, $2 IS NULL");
    ASSERT_TRUE(query.bind(std::string_view()).bind(std::optional<std::string>()).next());
    auto row = query.row();
    EXPECT_EQ(row.integer(), 0);
    EXPECT_EQ(row.integer(), 1);
}

TEST_F(DatabaseTest, RunsAStatementAgainWithNewValuesAndCountsRows) {
    auto database = with_table();
    auto insert = database.prepare("INSERT INTO things VALUES ($1, $2)");
    EXPECT_EQ(insert.bind("a").bind(1).run(), 1);
    EXPECT_EQ(insert.bind("b").bind(2).run(), 1);
    EXPECT_EQ(database.prepare("UPDATE things SET size = 3").run(), 2);
    EXPECT_EQ(database.prepare("UPDATE things SET size = 4 WHERE name = 'c'").run(), 0);
}

TEST_F(DatabaseTest, UndoesATransactionThatIsNotCommitted) {
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

TEST_F(DatabaseTest, MakesAFileThatOthersCannotRead) {
    auto database = with_table();
    for (const auto* suffix : {"", "-wal", "-shm"}) {
        struct stat status {};

        ASSERT_EQ(::stat((file_.string() + suffix).c_str(), &status), 0) << suffix;
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << suffix;
    }
}

TEST_F(DatabaseTest, TellsThatTheFileStayedLocked) {
    auto holder = with_table();
    const Transaction held(holder);
    auto database = open({.busy_timeout = std::chrono::milliseconds(2)});
    const auto error = error_of([&] { const Transaction transaction(database); });
    EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
    EXPECT_EQ(error.code(), "DatabaseBusy");
}

TEST_F(DatabaseTest, StopsWaitingForTheLockWhenCancelled) {
    auto holder = with_table();
    const Transaction held(holder);
    const base::Cancellation cancellation;
    auto database = open({.busy_timeout = std::chrono::hours(1), .cancellation = cancellation});
    const std::jthread canceller([&] { cancellation.cancel(base::CancelCause::User); });
    EXPECT_THROW(const Transaction transaction(database), base::Cancelled);
}

TEST_F(DatabaseTest, InterruptsARunningStatementWhenCancelled) {
    const base::Cancellation cancellation;
    auto database = open({.cancellation = cancellation});
    auto endless = database.prepare(
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
        "SELECT x FROM n WHERE x = 1 OR x < 0");
    ASSERT_TRUE(endless.next());
    const std::jthread canceller([&] { cancellation.cancel(base::CancelCause::User); });
    EXPECT_THROW((void)endless.next(), base::Cancelled);
}

TEST_F(DatabaseTest, UndoesATransactionEvenWhenCancelled) {
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

TEST_F(DatabaseTest, CallsAFullDiskByItsNameAndStaysUsable) {
    auto database = with_table();
    database.execute("INSERT INTO things VALUES ('kept', 1); PRAGMA max_page_count = 8");
    const auto error = error_of([&] {
        Transaction transaction(database);
        database.prepare("INSERT INTO things VALUES ($1, 2)").bind(std::string(99'999, 'x')).run();
        transaction.commit();
    });
    EXPECT_EQ(error.kind(), ErrorKind::QuotaExceeded);
    EXPECT_EQ(error.code(), "DiskFull");
    EXPECT_THAT(error.message(), HasSubstr(file_.string()));
    Transaction transaction(database);
    database.execute("INSERT INTO things VALUES ('after', 3)");
    transaction.commit();
    EXPECT_EQ(count(database), 2);
}

TEST_F(DatabaseTest, CallsAFileThatIsNoDatabaseCorrupt) {
    std::ofstream(file_) << std::string(5000, '#');
    const auto error = error_of([&] { (void)open(); });
    EXPECT_EQ(error.kind(), ErrorKind::Corrupt);
    EXPECT_THAT(error.message(), HasSubstr(file_.string()));
    EXPECT_THAT(error.message(), HasSubstr("backup"));
}

TEST_F(DatabaseTest, CallsADamagedPageCorrupt) {
    {
        auto database = with_table();
        for (int i = 0; i < 100; ++i) {
            database.prepare("INSERT INTO things VALUES ($1, 1)")
                .bind(std::to_string(i) + std::string(900, 'x'))
                .run();
        }
    }  // the last connection to close moves everything from the log into the file
    std::fstream bytes(file_, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(4096);
    bytes << std::string(3 * 4096, '\xff');
    bytes.close();
    auto database = open();
    EXPECT_EQ(error_of([&] { count(database); }).kind(), ErrorKind::Corrupt);
}

TEST_F(DatabaseTest, RefusesAMissingValueWhereOneMustBe) {
    auto database = open();
    auto query = database.prepare("SELECT NULL AS lost");
    ASSERT_TRUE(query.next());
    const auto error = error_of([&] { (void)query.row().text(); });
    EXPECT_EQ(error.kind(), ErrorKind::Corrupt);
    EXPECT_THAT(error.message(), HasSubstr("lost"));
}

TEST_F(DatabaseTest, SaysThatTheFileCannotBeOpened) {
    const auto error = error_of([&] { (void)Database::open(folder_.path() / "no" / "state.db"); });
    EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
    EXPECT_THAT(error.message(), HasSubstr("/no/state.db"));
}

TEST_F(DatabaseTest, NamesConstraintsButNoValues) {
    auto database = with_table();
    auto insert = [&](int size) {
        database.prepare("INSERT INTO things VALUES ($1, $2)").bind("s3cret").bind(size).run();
    };
    insert(1);
    const auto duplicate = error_of([&] { insert(1); });
    EXPECT_EQ(duplicate.kind(), ErrorKind::AlreadyExists);
    EXPECT_THAT(duplicate.message(), HasSubstr("things.name"));
    const auto refused = error_of([&] { insert(7); });
    EXPECT_EQ(refused.kind(), ErrorKind::Conflict);
    EXPECT_THAT(duplicate.message() + refused.message(), Not(HasSubstr("s3cret")));
}

TEST_F(DatabaseTest, EnforcesForeignKeys) {
    auto database = with_table();
    database.execute("CREATE TABLE parts (thing TEXT REFERENCES things (name))");
    EXPECT_EQ(error_of([&] { database.execute("INSERT INTO parts VALUES ('none')"); }).kind(),
              ErrorKind::Conflict);
}

}  // namespace
}  // namespace ingot::sql
