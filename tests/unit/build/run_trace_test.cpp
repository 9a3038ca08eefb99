// SPDX-License-Identifier: Apache-2.0
#include "build/layers/run_trace.h"

#include "layer_samples.h"

#include <filesystem>

#include <gtest/gtest.h>

namespace ingot::build {
namespace {

class RunTraceTest : public testing::Test {
  protected:
    static build::Run run(const std::string& id, const std::string& name = "hello") {
        return {.id = id, .template_name = name, .template_folder = "/templates"};
    }

    void trace(const build::Run& run) const {
        const os::ScratchFolder scratch(folder_.path() / "scratch");
        const auto steps = prepared(template_, scratch.path());
        trace_run(
            state_, run, sample_root(), plan_layers(sample_root(), steps, template_, run), steps);
    }

    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
    StateFolder state_{folder_.path() / "state"};
    templates::ImageTemplate template_ =
        template_of_lines({{"one", "echo 1"}, {"two", "echo \"ä\\n\""}});
};

TEST_F(RunTraceTest, SaysWhatEachStepWasMadeOfAndWhereItBegan) {
    trace(run("r"));
    const auto found = trace_of(state_, "r").value();
    EXPECT_EQ(found.run_id, "r");
    EXPECT_EQ(found.root.base, sample_root().base);
    EXPECT_EQ(found.root.generation, sample_root().generation);
    EXPECT_EQ(found.root.vcpus, sample_root().vcpus);
    EXPECT_EQ(found.root.memory, sample_root().memory);
    EXPECT_EQ(found.root.disk_size, sample_root().disk_size);
    EXPECT_EQ(found.root.way_in, sample_root().way_in);
    ASSERT_EQ(found.steps.size(), 2U);
    EXPECT_EQ(found.steps[0].id, "customize[0]");
    EXPECT_EQ(found.steps[0].title, "Shell: one");
    EXPECT_EQ(found.steps[0].before, root_key(sample_root()));
    EXPECT_EQ(found.steps[1].inputs.at(1).value, "#!/bin/sh -e\necho \"ä\\n\"\n");
    EXPECT_EQ(found.steps[1].before, child_key(found.steps[0].before, found.steps[0].inputs));
}

TEST_F(RunTraceTest, KnowsTheLastRunOfATemplate) {
    trace(run("r1"));
    trace(run("r2"));
    trace(run("r3", "other"));
    EXPECT_EQ(last_trace(state_, run("new"))->run_id, "r2");
    EXPECT_EQ(last_trace(state_, run("new", "other"))->run_id, "r3");
    auto elsewhere = run("new");
    elsewhere.template_folder = "/elsewhere";
    EXPECT_FALSE(last_trace(state_, elsewhere));
    EXPECT_EQ(trace_of(state_, "r1")->run_id, "r1");
}

TEST_F(RunTraceTest, IsNoneIfItCannotBeRead) {
    EXPECT_FALSE(trace_of(state_, "r"));
    trace(run("r"));
    const auto file = state_.run_traces() / "r.json";
    const auto text = os::read_file(file);
    for (const auto& damaged :
         {std::string(), text.substr(0, text.size() / 2), std::string("{}")}) {
        os::replace_file(file, damaged);
        EXPECT_FALSE(trace_of(state_, "r")) << damaged;
    }
}

TEST_F(RunTraceTest, IsForgottenByAge) {
    trace(run("r"));
    forget_traces(state_, base::now() - std::chrono::hours(1));
    EXPECT_TRUE(trace_of(state_, "r"));
    forget_traces(state_, base::now() + std::chrono::seconds(1));
    EXPECT_FALSE(trace_of(state_, "r"));
    EXPECT_FALSE(last_trace(state_, run("r")));
    EXPECT_TRUE(std::filesystem::is_empty(state_.run_traces()));
}

TEST_F(RunTraceTest, FailsNoRunWhereItCannotBeKept) {
    os::replace_file(folder_.path() / "file", "");
    const StateFolder nowhere(folder_.path() / "file");
    EXPECT_NO_THROW(trace_run(nowhere, run("r"), sample_root(), {}, {}));
    EXPECT_FALSE(trace_of(nowhere, "r"));
}

}  // namespace
}  // namespace ingot::build
