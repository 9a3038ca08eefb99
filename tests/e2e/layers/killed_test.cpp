// SPDX-License-Identifier: Apache-2.0
// A worker that is killed at any moment of a build with layers leaves nothing behind but whole
// layers; and two builds of one template do each step once.
#include "base/json.h"
#include "layers_world.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::e2e {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

struct Moment {
    const char* name;
    const char* after;  // what a line of events has in it just before
    std::chrono::milliseconds later;
    bool to_the_end;  // whether the build has to get behind its customizers
};

class KilledWorker : public testing::TestWithParam<Moment> {
  protected:
    // A template of this moment alone, or its layers would be there already.
    [[nodiscard]] static Steps steps() {
        return {shell(fmt::format("echo killed at {}; sleep 1", GetParam().name))};
    }

    [[nodiscard]] static std::string name() { return fmt::format("k{}", GetParam().name); }

    LayersWorld& world_ = LayersWorld::shared();
};

TEST_P(KilledWorker, LeavesNothingAndTheNextBuildSucceeds) {
    bool killed = false;
    const auto kill_then = [&](std::string_view line, pid_t) {
        if (!killed && line.find(GetParam().after) != std::string_view::npos) {
            std::this_thread::sleep_for(GetParam().later);
            killed = ::kill(world_.worker(), SIGKILL) == 0;
        }
    };
    const auto story = GetParam().to_the_end ? world_.build(name(), steps(), {}, "", kill_then)
                                             : world_.try_steps(name(), steps(), {}, "", kill_then);
    ASSERT_TRUE(killed) << story.text;
    EXPECT_EQ(story.exit_code, 10) << story.text;
    const auto runs = world_.ingot().run({"run", "list", "--output", "json"});
    EXPECT_EQ(runs.exit_code, 0);
    EXPECT_THAT(runs.out, testing::Not(HasSubstr("\"Running\"")));
    EXPECT_THAT(world_.left_behind(), IsEmpty());
    EXPECT_THAT(world_.ingot().run({"cache", "verify"}).out, HasSubstr(", 0 were damaged"));

    const auto next = world_.try_steps(name(), steps());
    EXPECT_EQ(next.exit_code, 5) << next.text;
    EXPECT_THAT(next.notes_of("boot"), testing::Not(HasSubstr("dropped")));
    EXPECT_THAT(world_.left_behind(), IsEmpty());
}

constexpr const char* kStepDone = R"("stepFinished","step":"customize[0]")";
constexpr const char* kResuming = "from its memory state";

constexpr Moment kMoments[] = {
    {"Sealing", kStepDone, 0ms, false},
    {"SealingLater", kStepDone, 60ms, false},
    {"SealingLast", kStepDone, 200ms, false},
    {"Resuming", kResuming, 0ms, false},
    {"ResumingLater", kResuming, 300ms, false},
    {"Storing", R"("stepStarted","step":"seal")", 0ms, true},
    {"Publishing", R"("stepFinished","step":"seal")", 0ms, true},
};

INSTANTIATE_TEST_SUITE_P(While, KilledWorker, testing::ValuesIn(kMoments), [](const auto& moment) {
    return std::string(moment.param.name);
});

class TwoBuilds : public testing::Test {
  protected:
    LayersWorld& world_ = LayersWorld::shared();
};

TEST_F(TwoBuilds, OfOneTemplateDoEachStepOnce) {
    const auto file = world_.ingot().write_template(
        "both", array_of({shell("echo only once; sleep 4", R"("name": "once")")}));
    Outcome first;
    Outcome second;
    std::jthread beside([&] { first = world_.ingot().build(file); });
    second = world_.ingot().build(file);
    beside.join();
    const auto one = story_of(first);
    const auto two = story_of(second);
    EXPECT_EQ(one.exit_code, 0) << one.text;
    EXPECT_EQ(two.exit_code, 0) << two.text;
    EXPECT_EQ(one.output_of("customize[0]") + two.output_of("customize[0]"), "only once\n")
        << one.text << two.text;
    EXPECT_EQ(one.cached.size() + two.cached.size(), 1U);
    EXPECT_THAT(one.notes_of("boot") + two.notes_of("boot"), HasSubstr("waiting for it"));
    EXPECT_THAT(world_.left_behind(), IsEmpty());
}

}  // namespace
}  // namespace ingot::e2e
