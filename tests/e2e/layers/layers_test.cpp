// SPDX-License-Identifier: Apache-2.0
// Which steps run again after which change, on real guests.
#include "layers_world.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Layers : public testing::Test {
  protected:
    // Runs the steps one more at a time. The first step that a run carries out is always worth a
    // layer, however slow the host is, so afterwards there is one after each.
    void seal_each(const std::string& name, const Steps& steps, const std::string& extra = "") {
        for (std::size_t count = 1; count <= steps.size(); ++count) {
            const Steps begin(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(count));
            const auto story = world_.try_steps(name, begin, {}, extra);
            ASSERT_EQ(story.exit_code, 5) << story.text;
            ASSERT_TRUE(story.sealed.contains("customize[" + std::to_string(count - 1) + "]"))
                << story.text;
        }
    }

    LayersWorld& world_ = LayersWorld::shared();
};

TEST_F(Layers, AfterAChangeOfTheLastStepOnlyThatRuns) {
    seal_each("last", {shell("echo last one"), shell("echo last two")});
    const auto story = world_.try_steps("last", {shell("echo last one"), shell("echo changed")});
    EXPECT_EQ(story.exit_code, 5) << story.text;
    EXPECT_THAT(story.cached, ElementsAre("customize[0]"));
    EXPECT_THAT(story.ran, ElementsAre("customize[1]", "customize[2]"));
    EXPECT_EQ(story.output_of("customize[1]"), "changed\n");
    EXPECT_EQ(story.output_of("customize[0]"), "");
    EXPECT_THAT(story.notes_of("boot"), HasSubstr("from its memory state"));
}

TEST_F(Layers, GoOnWithFilesInTmpAndRunningProcesses) {
    const auto file = world_.ingot().folder() / "to_tmp.txt";
    os::replace_file(file, "carried\n");
    const Steps steps = {
        R"({"type": "File", "sourceUri": "to_tmp.txt", "destination": "/tmp/carried.txt"})",
        shell("sleep 1000 >/dev/null 2>&1 & echo $! >/tmp/sleeper")};
    seal_each("alive", steps);
    auto more = steps;
    more.push_back(shell("cat /tmp/carried.txt; cat /proc/$(cat /tmp/sleeper)/comm"));
    const auto story = world_.try_steps("alive", more);
    EXPECT_THAT(story.cached, ElementsAre("customize[0]", "customize[1]"));
    EXPECT_EQ(story.output_of("customize[2]"), "carried\nsleep\n") << story.text;
}

TEST_F(Layers, FollowTheBytesOfAFileAndNotItsName) {
    const auto file = world_.ingot().folder() / "bytes.txt";
    const Steps steps = {
        R"({"type": "File", "sourceUri": "bytes.txt", "destination": "/tmp/bytes.txt"})",
        shell("cat /tmp/bytes.txt")};
    os::replace_file(file, "before\n");
    seal_each("bytes", steps);
    os::replace_file(file, "after!\n");
    const auto changed = world_.try_steps("bytes", steps);
    EXPECT_THAT(changed.cached, IsEmpty()) << changed.text;
    EXPECT_EQ(changed.output_of("customize[1]"), "after!\n");
    os::replace_file(file, "before\n");
    const auto back = world_.try_steps("bytes", steps);
    EXPECT_THAT(back.ran, ElementsAre("customize[2]")) << back.text;
}

TEST_F(Layers, FollowTheBytesOfAScriptAndNotItsUri) {
    const auto file = world_.ingot().folder() / "script.sh";
    const Steps steps = {shell("echo before the script"),
                         R"({"type": "Shell", "scriptUri": "script.sh"})"};
    os::replace_file(file, "#!/bin/sh\necho before\n");
    seal_each("script", steps);
    os::replace_file(file, "#!/bin/sh\necho after\n");
    const auto changed = world_.try_steps("script", steps);
    EXPECT_THAT(changed.cached, ElementsAre("customize[0]")) << changed.text;
    EXPECT_EQ(changed.output_of("customize[1]"), "after\n");
}

TEST_F(Layers, AreNotUsedFromTheStepThatIsNamed) {
    const Steps steps = {shell("echo from one"), shell("echo from two")};
    seal_each("from", steps);
    EXPECT_THAT(world_.try_steps("from", steps).ran, ElementsAre("customize[2]"));
    const auto story = world_.try_steps("from", steps, {"--from-step", "1"});
    EXPECT_THAT(story.cached, ElementsAre("customize[0]")) << story.text;
    EXPECT_EQ(story.output_of("customize[1]"), "from two\n");
    const auto all = world_.try_steps("from", steps, {"--from-step", "0"});
    EXPECT_THAT(all.cached, IsEmpty()) << all.text;
}

TEST_F(Layers, AreNotUsedBehindAVolatileStep) {
    const Steps steps = {shell("echo volatile one"),
                         shell("echo volatile two", R"("name": "fetch")")};
    seal_each("volatile", steps);
    EXPECT_THAT(world_.try_steps("volatile", steps).ran, ElementsAre("customize[2]"));
    auto with_end = steps;
    with_end.push_back(shell("exit 99"));
    const auto file = world_.ingot().write_template("volatile-marked", array_of(with_end));
    auto text = os::read_file(file);
    text.replace(text.find("\"properties\""), 0, R"("tags": {"ingot:volatile": "fetch"}, )");
    os::replace_file(file, text);
    for (int i = 0; i < 2; ++i) {
        const auto story = story_of(world_.ingot().build(file));
        EXPECT_THAT(story.cached, ElementsAre("customize[0]")) << story.text;
        EXPECT_EQ(story.output_of("customize[1]"), "volatile two\n");
    }
}

TEST_F(Layers, AreNotUsedWhenTheyAreTooOld) {
    const Steps steps = {shell("echo aging")};
    seal_each("old", steps);
    EXPECT_THAT(world_.try_steps("old", steps).cached, ElementsAre("customize[0]"));
    ::setenv("INGOT_LAYER_MAX_AGE", "0", 1);
    const auto story = world_.try_steps("old", steps);
    ::unsetenv("INGOT_LAYER_MAX_AGE");
    EXPECT_THAT(story.cached, IsEmpty()) << story.text;
    EXPECT_THAT(story.notes_of("boot"), HasSubstr("from its memory state"))
        << "the state before the first step holds nothing that ages";
}

// The plan says what the run then does.
TEST_F(Layers, ArePlannedAsTheyAreUsed) {
    seal_each("plan", {shell("echo plan one"), shell("echo plan two")});
    const auto file = world_.ingot().write_template(
        "plan", array_of({shell("echo plan one"), shell("echo plan changed"), shell("exit 99")}));
    const auto plan = world_.ingot().run({"plan", file.string(), "--explain"});
    ASSERT_EQ(plan.exit_code, 0) << plan.err;
    EXPECT_THAT(plan.out, testing::ContainsRegex("cached +boot"));
    EXPECT_THAT(plan.out, testing::ContainsRegex(R"(cached +customize\[0\])"));
    EXPECT_THAT(plan.out, testing::ContainsRegex(R"(run +customize\[1\])"));
    EXPECT_THAT(plan.out, HasSubstr("- echo plan two"));
    EXPECT_THAT(plan.out, HasSubstr("+ echo plan changed"));
    const auto story = story_of(world_.ingot().build(file));
    EXPECT_THAT(story.cached, ElementsAre("customize[0]")) << story.text;
}

}  // namespace
}  // namespace ingot::e2e
