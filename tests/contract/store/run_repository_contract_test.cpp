// SPDX-License-Identifier: Apache-2.0
// What every build::RunRepository keeps to.
#include "base/error.h"
#include "build/run_repository.h"
#include "contract/store/database_kinds.h"
#include "contract/store/store_samples.h"
#include "store/run_store.h"

#include <string>

#include <gtest/gtest.h>

namespace ingot::store {
namespace {

using build::OutputStream;
using build::Run;
using build::RunEvent;
using build::RunState;

class RunRepositoryContract : public StoreContract<RunStore> {
  protected:
    Connected<RunStore> runs_ = connect();
};

void expect_same(const Run& run, const Run& expected) {
    EXPECT_EQ(run.id, expected.id);
    EXPECT_EQ(run.template_name, expected.template_name);
    EXPECT_EQ(run.template_json, expected.template_json);
    EXPECT_EQ(run.template_folder, expected.template_folder);
    EXPECT_EQ(run.exact_source, expected.exact_source);
    EXPECT_EQ(run.state, expected.state);
    EXPECT_EQ(run.sub_state, expected.sub_state);
    EXPECT_EQ(run.started, expected.started);
    EXPECT_EQ(run.ended, expected.ended);
    EXPECT_EQ(run.failure.cause, expected.failure.cause);
    EXPECT_EQ(run.failure.code, expected.failure.code);
    EXPECT_EQ(run.failure.message, expected.failure.message);
    EXPECT_EQ(run.failure.step, expected.failure.step);
    EXPECT_EQ(run.keep_vm_on_error, expected.keep_vm_on_error);
    EXPECT_EQ(run.choices, expected.choices);
    EXPECT_EQ(run.template_arguments, expected.template_arguments);
}

Run failed(Run run) {
    run.exact_source = "x:y:z:9.9.9";
    run.state = RunState::Failed;
    run.sub_state = build::RunSubState::None;
    run.ended = sample_time(5000);
    run.failure = {.cause = build::FailureCause::Customizer,
                   .code = "CustomizerFailed",
                   .message = "exit code 3",
                   .step = "customize[0]"};
    return run;
}

RunEvent line(const std::string& text) {
    return {.sequence = 0,
            .time = sample_time(10),
            .kind = build::EventKind::Output,
            .step = "customize[0]",
            .title = "",
            .stream = OutputStream::Err,
            .text = text,
            .exit_code = std::nullopt,
            .succeeded = false};
}

TEST_P(RunRepositoryContract, GivesBackARunAsItWasCreated) {
    const auto run = sample_run("a");
    runs_->create(run);
    expect_same(connect()->find("a").value(), run);
    EXPECT_FALSE(runs_->find("b"));
}

// Each by itself, so that no two of them can stand for one another.
TEST_P(RunRepositoryContract, KeepsEveryChoice) {
    const std::vector<build::BuildChoices> all = {
        {}, {.use_cache = false}, {.use_warm = false}, {.cloud_init = true}, {.from_step = 0}};
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto run = sample_run(std::to_string(i));
        run.choices = all[i];
        run.template_arguments = i == 0 ? "" : "\"\xc3\xa4\n\"";
        runs_->create(run);
        expect_same(connect()->find(run.id).value(), run);
    }
}

TEST_P(RunRepositoryContract, RefusesASecondRunOfTheSameId) {
    runs_->create(sample_run("a"));
    EXPECT_THROW(runs_->create(sample_run("a")), base::Error);
}

TEST_P(RunRepositoryContract, ListsTheNewestFirst) {
    runs_->create(sample_run("middle", 2));
    runs_->create(sample_run("newest", 3));
    runs_->create(sample_run("oldest", 1));
    const auto all = runs_->list();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].id + all[1].id + all[2].id, "newestmiddleoldest");
}

TEST_P(RunRepositoryContract, UpdatesWhatChangesAndNothingElse) {
    const auto run = sample_run("a");
    runs_->create(run);
    runs_->create(sample_run("other"));
    auto changed = failed(run);
    changed.template_json = "never written";
    changed.choices = {};
    changed.template_arguments = "nor this";
    EXPECT_TRUE(runs_->update(changed));
    expect_same(connect()->find("a").value(), failed(run));
    expect_same(runs_->find("other").value(), sample_run("other"));
}

TEST_P(RunRepositoryContract, LetsWhoeverEndsARunFirstWin) {
    auto run = sample_run("a");
    runs_->create(run);
    auto other = connect();
    EXPECT_TRUE(other->update(failed(run)));
    run.state = RunState::Succeeded;
    EXPECT_FALSE(runs_->update(run));
    expect_same(runs_->find("a").value(), failed(run));
}

TEST_P(RunRepositoryContract, KnowsWhichRunsAreUnfinished) {
    int millisecond = 0;
    for (const auto state : {RunState::Running,
                             RunState::Succeeded,
                             RunState::Canceling,
                             RunState::Failed,
                             RunState::Canceled,
                             RunState::PartiallySucceeded}) {
        auto run = sample_run(build::to_string(state), ++millisecond);
        runs_->create(run);
        run.state = state;
        EXPECT_TRUE(runs_->update(run));
    }
    const auto unfinished = runs_->unfinished();
    ASSERT_EQ(unfinished.size(), 2U);
    EXPECT_EQ(unfinished[0].id, "Canceling");
    EXPECT_EQ(unfinished[1].id, "Running");
}

TEST_P(RunRepositoryContract, GivesBackEventsAsTheyWereAppended) {
    runs_->create(sample_run("a"));
    const RunEvent started = {.sequence = 0,
                              .time = sample_time(1),
                              .kind = build::EventKind::StepStarted,
                              .step = "boot",
                              .title = "Boot",
                              .stream = OutputStream::None,
                              .text = "",
                              .exit_code = std::nullopt,
                              .succeeded = false};
    auto finished = started;
    finished.kind = build::EventKind::StepFinished;
    finished.exit_code = -1;
    finished.succeeded = true;
    runs_->append("a", std::vector{started, line("\x1b[1m'quoted' \xc3\xa4"), finished});
    const auto events = connect()->events_after("a", 0, 10);
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].kind, build::EventKind::StepStarted);
    EXPECT_EQ(events[0].time, sample_time(1));
    EXPECT_EQ(events[0].step, "boot");
    EXPECT_EQ(events[0].title, "Boot");
    EXPECT_EQ(events[1].kind, build::EventKind::Output);
    EXPECT_EQ(events[1].stream, OutputStream::Err);
    EXPECT_EQ(events[1].text, "\x1b[1m'quoted' \xc3\xa4");
    EXPECT_EQ(events[1].exit_code, std::nullopt);
    EXPECT_FALSE(events[1].succeeded);
    EXPECT_EQ(events[2].exit_code, -1);
    EXPECT_TRUE(events[2].succeeded);
}

TEST_P(RunRepositoryContract, NumbersEventsPerRunAcrossWriters) {
    runs_->create(sample_run("a"));
    runs_->create(sample_run("b"));
    runs_->append("a", std::vector{line("1"), line("2")});
    connect()->append("a", std::vector{line("3")});
    runs_->append("b", std::vector{line("b")});
    runs_->append("a", std::vector{line("4")});
    std::string texts;
    std::int64_t last = 0;
    for (const auto& event : runs_->events_after("a", 0, 100)) {
        EXPECT_GT(event.sequence, last);
        last = event.sequence;
        texts += event.text;
    }
    EXPECT_EQ(texts, "1234");
    EXPECT_EQ(runs_->events_after("b", 0, 100).size(), 1U);
}

TEST_P(RunRepositoryContract, PagesThroughEvents) {
    runs_->create(sample_run("a"));
    runs_->append("a", std::vector{line("1"), line("2"), line("3")});
    const auto first = runs_->events_after("a", 0, 2);
    ASSERT_EQ(first.size(), 2U);
    const auto rest = runs_->events_after("a", first.back().sequence, 2);
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].text, "3");
    EXPECT_TRUE(runs_->events_after("a", rest[0].sequence, 2).empty());
}

TEST_P(RunRepositoryContract, RefusesEventsOfAnUnknownRun) {
    EXPECT_THROW(runs_->append("nobody", std::vector{line("1")}), base::Error);
    EXPECT_TRUE(runs_->events_after("nobody", 0, 10).empty());
}

INSTANTIATE_TEST_SUITE_P(Store, RunRepositoryContract, all_database_kinds(), name_of_kind);

}  // namespace
}  // namespace ingot::store
