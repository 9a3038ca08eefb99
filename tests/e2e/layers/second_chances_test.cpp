// SPDX-License-Identifier: Apache-2.0
// After a step has failed: what is said, `ingot debug` and `ingot retry`, on real guests.
#include "base/json.h"
#include "layers_world.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ingot::e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SecondChances : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto& world = LayersWorld::shared();
        const auto file =
            world.ingot().write_template("chances", template_steps("echo the reason >&2; exit 42"));
        failed_ = new Outcome(world.ingot().run({"build", file.string()}));
        const auto shown = world.ingot().run({"run", "show", "latest"});
        run_ = new std::string(base::parse_own_json(shown.out, "run show").at("id").as_string());
    }

    static void TearDownTestSuite() {
        delete failed_;
        delete run_;
    }

    static std::string template_steps(const std::string& last) {
        return array_of({shell("echo first chance; echo kept | sudo tee /etc/kept"),
                         shell(last, R"("name": "breaks")")});
    }

    [[nodiscard]] std::set<std::string> layers() const {
        std::set<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(world_.layers())) {
            names.insert(entry.path().filename().string());
        }
        return names;
    }

    LayersWorld& world_ = LayersWorld::shared();
    static Outcome* failed_;
    static std::string* run_;
};

Outcome* SecondChances::failed_ = nullptr;
std::string* SecondChances::run_ = nullptr;

TEST_F(SecondChances, AreProposedWithWhatFailed) {
    EXPECT_EQ(failed_->exit_code, 5);
    const auto text = failed_->out + failed_->err;
    EXPECT_THAT(text, HasSubstr("customize[1]"));
    EXPECT_THAT(text, HasSubstr("42"));
    EXPECT_THAT(text, HasSubstr("the reason"));
    const auto id = run_->substr(0, 8);
    EXPECT_THAT(text, HasSubstr("ingot debug " + id + "\n"));
    EXPECT_THAT(text, HasSubstr("ingot retry " + id + "\n"));
}

TEST_F(SecondChances, DebugShowsTheStateBeforeTheStepThatFailed) {
    const auto before = world_.ingot().run({"run", "show", *run_}).out;
    const auto layers_before = layers();
    const auto shown = world_.ingot().run(
        {"debug",
         run_->substr(0, 8),
         "--command",
         "cat /etc/kept /tmp/ingot-debug/customize-1.sh; echo changed | sudo tee /etc/kept"});
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    EXPECT_EQ(shown.out, "kept\n#!/bin/sh -e\necho the reason >&2; exit 42\nchanged\n");
    EXPECT_EQ(world_.debug(*run_, 1, "cat /etc/kept").out, "kept\n") << "every look is a fork";
    EXPECT_EQ(world_.ingot().run({"run", "show", *run_}).out, before);
    EXPECT_EQ(layers(), layers_before);
    EXPECT_THAT(world_.left_behind(), IsEmpty());
}

TEST_F(SecondChances, DebugOfTheFirstStepIsBeforeEverything) {
    const auto shown = world_.debug(*run_, 0, "test ! -e /etc/kept && echo nothing yet");
    EXPECT_EQ(shown.out, "nothing yet\n") << shown.err;
}

TEST_F(SecondChances, DebugRunsTheScriptOfTheStep) {
    const auto shown = world_.debug(*run_, 1, "/tmp/ingot-debug/customize-1.sh");
    EXPECT_EQ(shown.exit_code, 5) << "the command failed";
    EXPECT_THAT(shown.err, HasSubstr("the reason"));
}

TEST_F(SecondChances, DebugOfNoSuchStepIsRefused) {
    const auto shown = world_.debug(*run_, 2, "true");
    EXPECT_NE(shown.exit_code, 0);
    EXPECT_THAT(shown.err, HasSubstr("customizers 0 to 1"));
}

TEST_F(SecondChances, RetryRunsOnlyFromTheStepThatFailed) {
    static_cast<void>(
        world_.ingot().write_template("chances", template_steps("cat /etc/kept; exit 43")));
    const auto story = story_of(world_.ingot().run({"retry", *run_, "--output", "json"}));
    EXPECT_EQ(story.exit_code, 5) << story.text;
    EXPECT_THAT(story.cached, ElementsAre("customize[0]")) << story.text;
    EXPECT_THAT(story.ran, ElementsAre("customize[1]"));
    EXPECT_EQ(story.output_of("customize[1]"), "kept\n");
    EXPECT_NE(story.run, *run_);
    EXPECT_THAT(world_.left_behind(), IsEmpty());
}

}  // namespace
}  // namespace ingot::e2e
