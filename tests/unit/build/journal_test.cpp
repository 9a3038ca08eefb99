// SPDX-License-Identifier: Apache-2.0
#include "build/journal.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace ingot::build {
namespace {

// Keeps what a journal writes, in memory.
class FakeRunRepository final : public RunRepository {
  public:
    void create(const Run&) override {}

    std::optional<Run> find(const std::string&) override { return std::nullopt; }

    std::vector<Run> list() override { return {}; }

    std::vector<Run> unfinished() override { return {}; }

    std::vector<Run> runs_of(const std::string&, std::size_t) override { return {}; }

    bool update(const Run& run) override {
        updated = run;
        return true;
    }

    void append(const std::string&, std::span<const RunEvent> events) override {
        if (full) {
            throw base::Error(base::ErrorKind::QuotaExceeded, "DiskFull", "no room");
        }
        written.insert(written.end(), events.begin(), events.end());
        ++batches;
    }

    std::vector<RunEvent> events_after(const std::string&, std::int64_t, std::size_t) override {
        return {};
    }

    std::vector<RunEvent> written;
    Run updated;
    int batches = 0;
    bool full = false;
};

TEST(Journal, HasWrittenAStepsEndWhenFinishReturns) {
    FakeRunRepository repository;
    Journal journal(repository, "r", [] {});
    journal.start_step("customize[0]", "Shell");
    journal.output("customize[0]", OutputStream::Out, "line");
    journal.finish_step("customize[0]", false, "why", 3);
    ASSERT_EQ(repository.written.size(), 3U);
    EXPECT_EQ(repository.written[0].title, "Shell");
    EXPECT_EQ(repository.written[1].text, "line");
    EXPECT_EQ(repository.written[2].exit_code, 3);
    EXPECT_FALSE(repository.written[2].succeeded);
}

TEST(Journal, WritesLinesInBatchesAndLosesNone) {
    FakeRunRepository repository;
    {
        Journal journal(repository, "r", [] {});
        for (int i = 0; i < 1000; ++i) {
            journal.output("s", OutputStream::Out, std::to_string(i));
        }
    }
    ASSERT_EQ(repository.written.size(), 1000U);
    EXPECT_EQ(repository.written[999].text, "999");
    EXPECT_LT(repository.batches, 100);
}

TEST(Journal, RingsAfterWriting) {
    FakeRunRepository repository;
    std::size_t seen = 0;
    Journal journal(repository, "r", [&] { seen = repository.written.size(); });
    journal.finish_step("s", true);
    EXPECT_EQ(seen, 1U);
}

TEST(Journal, MakesGuestBytesSafeForTextColumns) {
    FakeRunRepository repository;
    Journal journal(repository, "r", [] {});
    journal.output("s", OutputStream::Out, std::string("a\0b\xff\xc3\xa4", 6));
    journal.output("s", OutputStream::Out, "Reading 5%\rReading 100%\rdone\r");
    journal.flush();
    EXPECT_EQ(repository.written[0].text, "ab?\xc3\xa4");
    EXPECT_EQ(repository.written[1].text, "done");
}

TEST(Journal, SaysOnTheRunsOwnThreadThatItCannotWrite) {
    FakeRunRepository repository;
    repository.full = true;
    Journal journal(repository, "r", [] {});
    EXPECT_THROW(journal.finish_step("s", true), base::Error);
}

TEST(Journal, WritesWhatWasSaidBeforeAStateWithIt) {
    FakeRunRepository repository;
    Journal journal(repository, "r", [] {});
    journal.note("s", "before");
    journal.update({.id = "r", .state = RunState::Succeeded});
    EXPECT_EQ(repository.written.size(), 1U);
    EXPECT_EQ(repository.updated.state, RunState::Succeeded);
}

}  // namespace
}  // namespace ingot::build
