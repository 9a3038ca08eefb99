// SPDX-License-Identifier: Apache-2.0
// What only a PostgreSQL server does: lose connections, refuse people, obey a request to stop.
#include "contract/sql/database_contract.h"
#include "os/unix_socket.h"
#include "sql/migrate.h"

#include <array>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::sql {
namespace {

using base::ErrorKind;
using testing::HasSubstr;
using testing::Not;

class PostgresTest : public testing::Test {
  protected:
    [[nodiscard]] std::string location() const { return postgres_kind().location(folder_.path()); }

    [[nodiscard]] Database open(const OpenOptions& options = {}) const {
        return Database::open(location(), options);
    }

    static std::string text(Database& database, std::string_view query) {
        auto statement = database.prepare(query);
        return statement.next() ? statement.row().text() : "(no row)";
    }

    static std::int64_t process_of(Database& database) {
        return number(database, "SELECT pg_backend_pid()");
    }

    // Until the server says that this process waits for the thing named.
    void wait_until_waiting(std::int64_t process, const std::string& what) const {
        auto watcher = open();
        auto query = watcher.prepare(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE pid = $1 AND $2 IN (wait_event, "
            "wait_event_type)");
        for (int asked = 0; asked < 50'000; ++asked) {
            if (query.bind(process).bind(what).next() && query.row().integer() == 1) {
                return;
            }
            query.run();
        }
        ADD_FAILURE() << "the server never waited for " << what;
    }

    void end_process(std::int64_t process) const {
        auto killer = open();
        killer.execute(fmt::format("SELECT pg_terminate_backend({}, 10000)", process));
    }

    static base::Error refusal(const std::string& url) {
        return error_of([&] { (void)Database::open(url); });
    }

  private:
    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
};

TEST_F(PostgresTest, IsNamedByHostAndDatabase) {
    auto database = open();
    EXPECT_THAT(database.name(), testing::StartsWith("postgresql:///postgres?host=/"));
    EXPECT_THAT(database.name(), Not(HasSubstr("ingot@")));
}

TEST_F(PostgresTest, NamesTheHostThatCannotBeReachedButNoPassword) {
    for (const auto* url : {"postgresql://me:s3cret@127.0.0.1:1/db?connect_timeout=5",
                            "postgresql://me:s3cret@/db?host=/nowhere"}) {
        const auto error = refusal(url);
        EXPECT_EQ(error.kind(), ErrorKind::Unavailable) << url;
        EXPECT_EQ(error.code(), "DatabaseUnavailable");
        EXPECT_THAT(error.message(), HasSubstr("db"));
        EXPECT_THAT(error.message(), Not(HasSubstr("s3cret")));
        EXPECT_THAT(error.message(), Not(HasSubstr("\n")));
    }
    EXPECT_THAT(refusal("postgresql://me:s3cret@127.0.0.1:1/db").message(),
                HasSubstr("postgresql://127.0.0.1:1/db"));
}

TEST_F(PostgresTest, TellsAWrongPasswordWithoutSayingIt) {
    open().execute("DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN PASSWORD 'right'");
    auto url = PostgresServer::shared().location();
    url.replace(url.find("ingot@"), 6, "guarded:s3cret@");
    const auto error = refusal(url);
    EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
    EXPECT_THAT(error.message(), HasSubstr("password authentication failed"));
    EXPECT_THAT(error.message(), Not(HasSubstr("s3cret")));
}

TEST_F(PostgresTest, DoesNotRepeatALocationThatItCannotRead) {
    for (const auto* url : {"postgresql://me:s3cret@[::1/db",
                            "postgresql://me:s3cret@host/db?oops=1",
                            "postgresql://me:s3cret%zz@host/db"}) {
        const auto error = refusal(url);
        EXPECT_EQ(error.code(), "DatabaseLocationInvalid") << url;
        EXPECT_THAT(error.message(), Not(HasSubstr("s3cret")));
    }
}

TEST_F(PostgresTest, SaysThatTheDatabaseDoesNotExist) {
    const auto error = refusal(PostgresServer::shared().location("no_such_database"));
    EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
    EXPECT_THAT(error.message(), HasSubstr("no_such_database"));
}

TEST_F(PostgresTest, RefusesADatabaseThatCannotHoldEveryName) {
    open().execute("DROP DATABASE IF EXISTS bytes");
    open().execute(
        "CREATE DATABASE bytes ENCODING 'SQL_ASCII' LOCALE 'C' LOCALE_PROVIDER libc "
        "TEMPLATE template0");
    const auto error = refusal(PostgresServer::shared().location("bytes"));
    EXPECT_EQ(error.code(), "DatabaseEncoding");
    EXPECT_THAT(error.message(), HasSubstr("UTF8"));
}

TEST_F(PostgresTest, GivesUpOnAServerThatDoesNotAnswer) {
    const auto silent = os::ScratchFolder::temporary();
    const auto listener = os::listen_unix(silent.path() / ".s.PGSQL.5432");
    const auto error = refusal(fmt::format(
        "postgresql://me@/db?host={}&connect_timeout=1&sslmode=disable", silent.path().string()));
    EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
    EXPECT_THAT(error.message(), HasSubstr("does not answer"));
}

TEST_F(PostgresTest, StopsConnectingWhenCancelled) {
    const auto silent = os::ScratchFolder::temporary();
    const auto listener = os::listen_unix(silent.path() / ".s.PGSQL.5432");
    const base::Cancellation cancellation;
    const std::jthread canceller([&] { cancellation.cancel(base::CancelCause::User); });
    EXPECT_THROW(
        (void)Database::open(
            fmt::format("postgresql://me@/db?host={}&connect_timeout=3600", silent.path().string()),
            {.cancellation = cancellation}),
        base::Cancelled);
}

TEST_F(PostgresTest, StopsAStatementOnTheServerWhenCancelled) {
    const base::Cancellation cancellation;
    auto database = open({.cancellation = cancellation});
    const auto process = process_of(database);
    const std::jthread canceller([&] {
        wait_until_waiting(process, "PgSleep");
        cancellation.cancel(base::CancelCause::User);
    });
    EXPECT_THROW(database.execute("SELECT pg_sleep(3600)"), base::Cancelled);
    auto watcher = open();
    EXPECT_EQ(
        text(watcher, fmt::format("SELECT state FROM pg_stat_activity WHERE pid = {}", process)),
        "idle");
    EXPECT_TRUE(database.is_usable());
}

TEST_F(PostgresTest, StopsWaitingForTheWriteLockOnTheServerWhenCancelled) {
    auto holder = open();
    const Transaction held(holder);
    const base::Cancellation cancellation;
    auto database = open({.cancellation = cancellation});
    const auto process = process_of(database);
    const std::jthread canceller([&] {
        wait_until_waiting(process, "advisory");
        cancellation.cancel(base::CancelCause::User);
    });
    EXPECT_THROW(const Transaction transaction(database), base::Cancelled);
    EXPECT_TRUE(database.is_usable());
}

TEST_F(PostgresTest, IsUnusableOnceTheServerHasHungUp) {
    auto database = open();
    EXPECT_TRUE(database.is_usable());
    end_process(process_of(database));
    EXPECT_FALSE(database.is_usable());
    EXPECT_EQ(error_of([&] { database.execute("SELECT 1"); }).kind(), ErrorKind::Unavailable);
}

TEST_F(PostgresTest, LosesATransactionWithItsConnection) {
    auto database = open();
    auto other = open();
    database.execute("CREATE TABLE things (name TEXT)");
    const auto error = error_of([&] {
        Transaction transaction(database);
        database.execute("INSERT INTO things VALUES ('half')");
        end_process(process_of(database));
        transaction.commit();
    });
    EXPECT_EQ(error.kind(), ErrorKind::Unavailable);
    EXPECT_FALSE(database.is_usable());
    const Transaction free_again(other);
    EXPECT_EQ(count(other), 0);
}

TEST_F(PostgresTest, TellsWhenThereIsNothingToCommitAnyMore) {
    auto database = open();
    database.execute("CREATE TABLE things (name TEXT PRIMARY KEY)");
    const auto error = error_of([&] {
        Transaction transaction(database);
        database.execute("INSERT INTO things VALUES ('a')");
        EXPECT_EQ(error_of([&] { database.execute("INSERT INTO things VALUES ('a')"); }).kind(),
                  ErrorKind::AlreadyExists);
        transaction.commit();
    });
    EXPECT_EQ(error.kind(), ErrorKind::Internal);
    EXPECT_EQ(count(database), 0);
    EXPECT_TRUE(database.is_usable());
}

TEST_F(PostgresTest, CallsAFullDiskByItsName) {
    auto database = open();
    const auto error = error_of([&] {
        Transaction transaction(database);
        database.execute(
            "DO $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$");
    });
    EXPECT_EQ(error.kind(), ErrorKind::QuotaExceeded);
    EXPECT_EQ(error.code(), "DiskFull");
    EXPECT_THAT(error.message(), HasSubstr(database.name()));
    EXPECT_TRUE(database.is_usable());
}

TEST_F(PostgresTest, KeepsTextThatIsNone) {
    auto database = open();
    database.execute("CREATE TABLE things (name TEXT)");
    database.prepare("INSERT INTO things VALUES ($1)").bind(std::string("a\0b\xff", 4)).run();
    EXPECT_EQ(text(database, "SELECT name FROM things"),
              "a\xef\xbf\xbd"
              "b\xef\xbf\xbd");
}

TEST_F(PostgresTest, CommitsDurablyWhateverTheDefault) {
    const auto setting = "SELECT current_setting('synchronous_commit')";
    auto careless = Database::open(location() + "%20-csynchronous_commit%3Doff");
    EXPECT_EQ(text(careless, setting), "on");
    auto careful = Database::open(location() + "%20-csynchronous_commit%3Dremote_apply");
    EXPECT_EQ(text(careful, setting), "remote_apply");
}

TEST_F(PostgresTest, PreparesAStatementOnce) {
    auto database = open();
    for (int i = 0; i < 3; ++i) {
        auto query = database.prepare("SELECT COUNT(*) FROM pg_prepared_statements");
        ASSERT_TRUE(query.next());
        EXPECT_EQ(query.row().integer(), 1);
    }
}

TEST_F(PostgresTest, ForgetsStatementsWhenThereAreVeryMany) {
    auto database = open();
    auto first = database.prepare("SELECT 'first'");
    for (int i = 0; i < 1200; ++i) {
        EXPECT_EQ(number(database, fmt::format("SELECT {}", i)), i);
    }
    EXPECT_LE(number(database, "SELECT COUNT(*) FROM pg_prepared_statements"), 500);
    ASSERT_TRUE(first.next());
    EXPECT_EQ(first.row().text(), "first");
}

TEST_F(PostgresTest, LeavesTheColumnsOfOthersAlone) {
    auto database = open();
    database.execute("CREATE TABLE theirs (name TEXT)");
    constexpr std::array kOne = {Migration{
        .version = 1, .script = "CREATE TABLE \"Odd name\" (\"A column\" TEXT, size BIGINT)"}};
    migrate(database, kOne);
    const std::string collation =
        "SELECT collation_name FROM information_schema.columns WHERE table_schema = "
        "current_schema() AND COALESCE(collation_name, '-') = $1 ";
    auto own = database.prepare(collation + "AND table_name = 'Odd name'");
    EXPECT_TRUE(own.bind("C").next());
    auto theirs = database.prepare(collation + "AND table_name = 'theirs'");
    EXPECT_TRUE(theirs.bind("-").next());
}

TEST_F(PostgresTest, TakesASchemaOfAnyName) {
    open().execute("DROP SCHEMA IF EXISTS \"It's\" CASCADE; CREATE SCHEMA \"It's\"");
    auto database = Database::open(
        PostgresServer::shared().location("postgres", "&options=-csearch_path%3D%22It%27s%22"));
    constexpr std::array kOne = {
        Migration{.version = 1, .script = "CREATE TABLE things (name TEXT)"}};
    migrate(database, kOne);
    EXPECT_EQ(text(database,
                   "SELECT collation_name FROM information_schema.columns "
                   "WHERE table_schema = 'It''s' AND table_name = 'things'"),
              "C");
}

}  // namespace
}  // namespace ingot::sql
