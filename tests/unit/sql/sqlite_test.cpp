// SPDX-License-Identifier: Apache-2.0
// What only a SQLite file does; tests/contract/sql has what every database does.
#include "base/error.h"
#include "os/files.h"
#include "sql/database.h"

#include <fstream>
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

class SqliteTest : public testing::Test {
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

TEST_F(SqliteTest, GivesBackBytesThatAreNoText) {
    auto database = with_table();
    const std::string bytes("a\0\xff", 3);
    database.prepare("INSERT INTO things VALUES ($1, 1)").bind(bytes).run();
    auto query = database.prepare("SELECT name FROM things");
    ASSERT_TRUE(query.next());
    EXPECT_EQ(query.row().text(), bytes);
}

TEST_F(SqliteTest, MakesAFileThatOthersCannotRead) {
    auto database = with_table();
    for (const auto* suffix : {"", "-wal", "-shm"}) {
        struct stat status {};

        ASSERT_EQ(::stat((file_.string() + suffix).c_str(), &status), 0) << suffix;
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << suffix;
    }
}

TEST_F(SqliteTest, InterruptsARunningStatementWhenCancelled) {
    const base::Cancellation cancellation;
    auto database = open({.cancellation = cancellation});
    auto endless = database.prepare(
        "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
        "SELECT x FROM n WHERE x = 1 OR x < 0");
    ASSERT_TRUE(endless.next());
    const std::jthread canceller([&] { cancellation.cancel(base::CancelCause::User); });
    EXPECT_THROW((void)endless.next(), base::Cancelled);
}

TEST_F(SqliteTest, CallsAFullDiskByItsNameAndStaysUsable) {
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

TEST_F(SqliteTest, CallsAFileThatIsNoDatabaseCorrupt) {
    std::ofstream(file_) << std::string(5000, '#');
    const auto error = error_of([&] { (void)open(); });
    EXPECT_EQ(error.kind(), ErrorKind::Corrupt);
    EXPECT_THAT(error.message(), HasSubstr(file_.string()));
    EXPECT_THAT(error.message(), HasSubstr("backup"));
}

TEST_F(SqliteTest, CallsADamagedPageCorrupt) {
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

TEST_F(SqliteTest, SaysThatTheFileCannotBeOpened) {
    const auto error = error_of([&] { (void)Database::open(folder_.path() / "no" / "state.db"); });
    EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
    EXPECT_THAT(error.message(), HasSubstr("/no/state.db"));
}

TEST(Location, IsAServerIfItSaysSo) {
    EXPECT_TRUE(is_server("postgresql://host/ingot"));
    EXPECT_TRUE(is_server("postgres:///ingot?host=/run/postgresql"));
    EXPECT_FALSE(is_server("/var/lib/ingot/state.db"));
    EXPECT_FALSE(is_server("postgresql:/state.db"));
}

}  // namespace
}  // namespace ingot::sql
