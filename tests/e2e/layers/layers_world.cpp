// SPDX-License-Identifier: Apache-2.0
#include "layers_world.h"

#include "base/json.h"

#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace ingot::e2e {
namespace {

namespace fs = std::filesystem;

std::string text_in(const boost::json::object& event, const char* name) {
    const auto* value = event.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

bool is(const boost::json::object& event, const char* kind, const std::string& step) {
    return text_in(event, "event") == kind && text_in(event, "step") == step;
}

std::string texts_of(const Story& story, const char* kind, const std::string& step) {
    std::string all;
    for (const auto& event : story.events) {
        all += is(event, kind, step) ? text_in(event, "text") + "\n" : "";
    }
    return all;
}

// Removes the world while the program's other parts still live.
class WorldsEnd : public testing::Environment {
  public:
    std::unique_ptr<LayersWorld> world;

    void TearDown() override { world.reset(); }
};

WorldsEnd* worlds_end() {
    static auto* const end = new WorldsEnd();  // GoogleTest's, which deletes it
    [[maybe_unused]] static const auto* const added = testing::AddGlobalTestEnvironment(end);
    return end;
}

// Before main(): environments are torn down only if they were there when the tests began.
[[maybe_unused]] const auto* const kWorldsEnd = worlds_end();

}  // namespace

std::string Story::output_of(const std::string& step) const {
    return texts_of(*this, "output", step);
}

std::string Story::notes_of(const std::string& step) const {
    return texts_of(*this, "note", step);
}

bool Story::has_step(const std::string& step) const {
    return std::ranges::any_of(events,
                               [&](const auto& event) { return is(event, "stepStarted", step); });
}

Story story_of(const Outcome& outcome) {
    Story story;
    story.exit_code = outcome.exit_code;
    story.text = outcome.out + outcome.err;
    std::size_t at = 0;
    for (auto end = outcome.out.find('\n'); end != std::string::npos;
         at = end + 1, end = outcome.out.find('\n', at)) {
        story.events.push_back(
            base::parse_own_json(outcome.out.substr(at, end - at), "an event").as_object());
        const auto& event = story.events.back();
        const auto step = text_in(event, "step");
        const auto text = text_in(event, "text");
        if (text_in(event, "event") == "runStarted") {
            story.run = text_in(event, "run");
        }
        if (text_in(event, "event") == "stepStarted" && step.starts_with("customize")) {
            story.ran.insert(step);
        }
        if (text.starts_with("from cache")) {
            story.ran.erase(step);
            story.cached.insert(step);
        }
        if (text.find(" sealed in ") != std::string::npos) {
            story.sealed.insert(step);
        }
    }
    return story;
}

std::string shell(const std::string& line, const std::string& more) {
    return fmt::format(R"({{"type": "Shell", "inline": [{}]{}}})",
                       boost::json::serialize(boost::json::value(line)),
                       more.empty() ? "" : ", " + more);
}

std::string array_of(const Steps& steps) {
    return fmt::format("[{}]", fmt::join(steps, ",\n"));
}

LayersWorld& LayersWorld::shared() {
    auto& world = worlds_end()->world;
    if (!world) {
        world = std::make_unique<LayersWorld>();
    }
    return *world;
}

// The first state is made here: how that goes is part of what is tested.
LayersWorld::LayersWorld() {
    ingot_.borrow_base_image();
    fs::remove_all(layers());
    const auto first = try_steps("first", {});
    EXPECT_TRUE(first.sealed.contains("boot")) << first.text;
}

LayersWorld::LayersWorld(const LayersWorld& other) {
    ingot_.borrow_base_image();
    fs::remove_all(layers());
    const auto first = other.layer_titled("Start the VM");
    fs::create_directories(layers());
    fs::copy(first,
             layers() / first.filename(),
             fs::copy_options::recursive | fs::copy_options::create_hard_links);
}

Story LayersWorld::try_steps(const std::string& name,
                             Steps steps,
                             const std::vector<std::string>& flags,
                             const std::string& extra,
                             const OnLine& on_line) const {
    steps.push_back(shell("exit 99", R"("name": "the end")"));
    return build(name, steps, flags, extra, on_line);
}

Story LayersWorld::build(const std::string& name,
                         const Steps& steps,
                         const std::vector<std::string>& flags,
                         const std::string& extra,
                         const OnLine& on_line) const {
    return story_of(
        ingot_.build(ingot_.write_template(name, array_of(steps), extra), on_line, flags));
}

Outcome LayersWorld::debug(const std::string& run, int step, const std::string& command) const {
    return ingot_.run({"debug", run, "--step", std::to_string(step), "--command", command});
}

os::Path LayersWorld::layer_titled(const std::string& title) const {
    for (const auto& entry : fs::directory_iterator(layers())) {
        const auto facts = entry.path() / "layer.json";
        if (fs::exists(facts) &&
            base::parse_own_json(os::read_file(facts), "layer").at("title").as_string() == title) {
            return entry.path();
        }
    }
    ADD_FAILURE() << "there is no layer of " << title;
    return {};
}

pid_t LayersWorld::worker() const {
    for (const auto& entry : fs::directory_iterator(ingot_.state() / "runs")) {
        if (entry.path().extension() == ".lock") {
            return std::stoi(os::read_file(entry.path()));
        }
    }
    return 0;
}

std::vector<std::string> LayersWorld::left_behind() const {
    for (int i = 0; i < 50 && !ingot_.processes().empty(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    auto found = ingot_.processes();
    const auto files = ingot_.leftovers();
    found.insert(found.end(), files.begin(), files.end());
    for (const auto& entry : fs::directory_iterator(layers())) {
        if (entry.path().filename().string().starts_with(".")) {
            found.push_back(entry.path().string());
        }
    }
    return found;
}

}  // namespace ingot::e2e
