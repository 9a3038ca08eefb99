// SPDX-License-Identifier: Apache-2.0
#include "sql/postgres/postgres_errors.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::sql {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string code_of(std::string_view state) {
    return error_of_state(state, "words", "postgresql://host:5432/db").code();
}

TEST(PostgresErrors, MeanTheSameAsSqliteOnes) {
    EXPECT_EQ(code_of("53100"), "DiskFull");
    EXPECT_EQ(code_of("53300"), "DatabaseUnavailable");  // too many connections
    EXPECT_EQ(code_of("57P01"), "DatabaseUnavailable");  // the server is shut down
    EXPECT_EQ(code_of("57014"), "DatabaseUnavailable");  // cancelled, but not by us
    EXPECT_EQ(code_of("25006"), "DatabaseUnavailable");  // a standby, which only reads
    EXPECT_EQ(code_of("25P02"), "DatabaseError");
    EXPECT_EQ(code_of("55P03"), "DatabaseBusy");
    EXPECT_EQ(code_of("40001"), "DatabaseBusy");
    EXPECT_EQ(code_of("XX001"), "DatabaseCorrupt");
    EXPECT_EQ(code_of("23505"), "AlreadyExists");
    EXPECT_EQ(code_of("23503"), "ConstraintViolated");
    EXPECT_EQ(code_of("42P01"), "DatabaseError");
}

TEST(PostgresErrors, NameHostAndDatabaseButNoValue) {
    EXPECT_THAT(error_of_state("57P03", "is starting up", "postgresql://host:5432/db").message(),
                HasSubstr("postgresql://host:5432/db cannot be used: is starting up"));
    EXPECT_THAT(error_of_state("22P02", "invalid input syntax: \"s3cret\"", "db").message(),
                Not(HasSubstr("s3cret")));
}

TEST(PostgresErrors, BecomeOneLine) {
    EXPECT_EQ(in_one_line("failed: no route\n\tIs it  running?\n"),
              "failed: no route Is it running?");
}

}  // namespace
}  // namespace ingot::sql
