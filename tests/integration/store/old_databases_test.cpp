// SPDX-License-Identifier: Apache-2.0
// State databases that other versions, or accidents, have left behind.
#include "base/error.h"
#include "contract/store/store_samples.h"
#include "os/files.h"
#include "store/image_store.h"
#include "store/run_store.h"
#include "store/state_database.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::store {
namespace {

using testing::HasSubstr;

class StateDatabaseTest : public testing::Test {
  protected:
    base::Error refusal() {
        try {
            ConnectionPool database(file_);
            (void)ImageStore(database).versions();
        } catch (const base::Error& error) {
            return error;
        }
        ADD_FAILURE() << "the database was accepted";
        return {base::ErrorKind::Internal, "", ""};
    }

    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
    os::Path file_ = folder_.path() / "made" / "on the way" / "state.db";
};

// Written out, not made by the stores: they write the newest schema only.
TEST_F(StateDatabaseTest, OpensSchemaOneWithAllItsRows) {
    os::make_folders(file_.parent_path());
    {
        auto database = sql::Database::open(file_);
        sql::migrate(database, state_migrations().first(1));
        database.execute(R"sql(
            INSERT INTO runs VALUES ('r', 'hello', '{}', '/t', 'a:b:c:1.2.3', 'Failed', 'None',
                '2026-11-20T09:17:31.000Z', '2026-11-20T09:18:31.500Z', 'Timeout', 'BuildTimeout',
                'too slow', 'customize[0]', 1);
            INSERT INTO run_events VALUES ('r', 1, '2026-11-20T09:17:31.000Z', 'Output',
                'customize[0]', '', 'out', 'a line', NULL, 0);
            INSERT INTO image_definitions VALUES ('/g/images/d', '/g/images/D', 'V2', 'Linux');
            INSERT INTO image_versions VALUES ('/g/images/d', 1, 2, 3,
                '[{"name":"local","replicaCount":1,"storageAccountType":"Standard_LRS"}]', 0,
                '2026-11-20T09:18:31.500Z', '{"a":"b"}',
                'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 1024, 512,
                'V2', 'Linux', 'r', 'hello', 'a:b:c:1.2.3');
        )sql");
    }
    ConnectionPool database(file_);
    const auto run = RunStore(database).find("r").value();
    EXPECT_EQ(run.state, build::RunState::Failed);
    EXPECT_EQ(run.failure.cause, build::FailureCause::Timeout);
    EXPECT_EQ(run.ended, run.started + std::chrono::milliseconds(60'500));
    EXPECT_EQ(RunStore(database).events_after("r", 0, 9).at(0).text, "a line");
    const auto version = ImageStore(database).versions().at(0);
    EXPECT_EQ(version.id(), "/g/images/D/versions/1.2.3");
    EXPECT_EQ(version.content.digest, base::sha256(""));
    EXPECT_EQ(version.tags.at("a"), "b");
}

// Schema 2 had nothing about how a run was asked for: such runs used what there was, and cannot be
// retried by their file.
TEST_F(StateDatabaseTest, OpensSchemaTwoWithRunsThatChoseNothing) {
    os::make_folders(file_.parent_path());
    {
        auto database = sql::Database::open(file_);
        sql::migrate(database, state_migrations().first(2));
        database.execute(R"sql(
            INSERT INTO runs VALUES ('r', 'hello', '{}', '/t', 'a:b:c:1.2.3', 'Succeeded', 'None',
                '2026-11-20T09:17:31.000Z', '2026-11-20T09:18:31.500Z', 'None', '', '', '', 1,
                '/subscriptions/s/t');
        )sql");
    }
    ConnectionPool database(file_);
    RunStore runs(database);
    const auto run = runs.find("r").value();
    EXPECT_EQ(run.template_key, "/subscriptions/s/t");
    EXPECT_TRUE(run.keep_vm_on_error);
    EXPECT_EQ(run.choices, build::BuildChoices());
    EXPECT_EQ(run.template_arguments, "");
    auto next = sample_run("next");
    runs.create(next);
    EXPECT_EQ(runs.find("next")->choices, next.choices);
}

TEST_F(StateDatabaseTest, RefusesTheSchemaOfANewerIngot) {
    open_state_database(file_).execute("INSERT INTO schema_version VALUES (1000, 'later')");
    const auto error = refusal();
    EXPECT_EQ(error.code(), "DatabaseTooNew");
    EXPECT_THAT(error.message(), HasSubstr(file_.string()));
}

TEST_F(StateDatabaseTest, NamesADamagedFileAndWhatToDo) {
    { ConnectionPool database(file_); }
    std::fstream bytes(file_, std::ios::in | std::ios::out | std::ios::binary);
    bytes << "not what SQLite wrote here";
    bytes.close();
    const auto error = refusal();
    EXPECT_EQ(error.kind(), base::ErrorKind::Corrupt);
    EXPECT_THAT(error.message(), HasSubstr(file_.string()));
    EXPECT_THAT(error.message(), HasSubstr("backup"));
}

TEST_F(StateDatabaseTest, NamesAColumnThatNoIngotWrote) {
    {
        ConnectionPool database(file_);
        ImageStore images(database);
        images.publish(sample_managed_image("/i"), sample_output("o"));
        database.borrow()->execute("UPDATE managed_images SET tags = '[1]'");
    }
    ConnectionPool database(file_);
    try {
        (void)ImageStore(database).managed_images();
        FAIL() << "tags of a wrong shape were accepted";
    } catch (const base::Error& error) {
        EXPECT_EQ(error.kind(), base::ErrorKind::Corrupt);
        EXPECT_THAT(error.message(), HasSubstr("tags"));
    }
}

}  // namespace
}  // namespace ingot::store
