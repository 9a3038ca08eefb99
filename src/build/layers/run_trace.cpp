// SPDX-License-Identifier: Apache-2.0
#include "build/layers/run_trace.h"

#include "base/error.h"
#include "base/json.h"
#include "os/files.h"

#include <filesystem>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace ingot::build {
namespace {

boost::json::value to_json(const LayerRoot& root) {
    return boost::json::object{{"base", root.base.hex()},
                               {"generation", arm::to_string(root.generation)},
                               {"vcpus", root.vcpus},
                               {"memory", root.memory.bytes()},
                               {"diskSize", root.disk_size.bytes()},
                               {"wayIn", root.way_in}};
}

boost::json::value to_json(const PreparedStep& step, const base::Sha256Digest& before) {
    boost::json::array inputs;
    for (const auto& input : step.customizer->inputs()) {
        inputs.push_back(boost::json::object{{"name", input.name}, {"value", input.value}});
    }
    return boost::json::object{
        {"id", step.id}, {"title", step.title}, {"before", before.hex()}, {"inputs", inputs}};
}

std::string text_in(const boost::json::value& json, const char* name) {
    return std::string(json.at(name).as_string());
}

TracedStep step_from(const boost::json::value& json) {
    TracedStep step{.id = text_in(json, "id"),
                    .title = text_in(json, "title"),
                    .before = base::Sha256Digest::from_hex(text_in(json, "before")).value(),
                    .inputs = {}};
    for (const auto& input : json.at("inputs").as_array()) {
        step.inputs.push_back({text_in(input, "name"), text_in(input, "value")});
    }
    return step;
}

LayerRoot root_from(const boost::json::value& json) {
    const auto bytes = [&](const char* name) {
        return base::ByteCount(json.at(name).to_number<std::uint64_t>());
    };
    return {.base = base::Sha256Digest::from_hex(text_in(json, "base")).value(),
            .generation = text_in(json, "generation") == "V2" ? arm::HyperVGeneration::V2
                                                              : arm::HyperVGeneration::V1,
            .vcpus = json.at("vcpus").to_number<int>(),
            .memory = bytes("memory"),
            .disk_size = bytes("diskSize"),
            .way_in = text_in(json, "wayIn")};
}

std::optional<RunTrace> read_trace(const os::Path& file) {
    try {
        const auto json = base::parse_own_json(os::read_file(file), file.string());
        RunTrace trace{.run_id = text_in(json, "run"),
                       .time = base::from_rfc3339(text_in(json, "time")).value(),
                       .root = root_from(json.at("root")),
                       .steps = {}};
        for (const auto& step : json.at("steps").as_array()) {
            trace.steps.push_back(step_from(step));
        }
        return trace;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

os::Path trace_file(const StateFolder& folder, const std::string& run_id) {
    return folder.run_traces() / fmt::format("{}.json", run_id);
}

// Names may hold anything, so they are hashed.
os::Path last_file(const StateFolder& folder, const Run& run) {
    const auto& place = run.template_key.empty() ? run.template_folder : run.template_key;
    const auto name = base::sha256(fmt::format("{}\n{}", place, run.template_name)).hex();
    return folder.run_traces() / fmt::format("last-{}.json", name.substr(0, 32));
}

}  // namespace

void trace_run(const StateFolder& folder,
               const Run& run,
               const LayerRoot& root,
               const LayerPlan& plan,
               const std::vector<PreparedStep>& steps) {
    boost::json::array traced;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        traced.push_back(to_json(steps[i], plan.keys[i]));
    }
    const auto text = base::pretty_json(boost::json::object{{"run", run.id},
                                                            {"time", base::to_rfc3339(base::now())},
                                                            {"root", to_json(root)},
                                                            {"steps", traced}});
    try {
        os::make_folders(folder.run_traces());
        os::replace_file(trace_file(folder, run.id), text, 0600);
        os::replace_file(last_file(folder, run), text, 0600);
    } catch (const base::Error&) {  // NOLINT(bugprone-empty-catch): see the header
    }
}

std::optional<RunTrace> trace_of(const StateFolder& folder, const std::string& run_id) {
    return read_trace(trace_file(folder, run_id));
}

std::optional<RunTrace> last_trace(const StateFolder& folder, const Run& run) {
    return read_trace(last_file(folder, run));
}

void forget_traces(const StateFolder& folder, base::Timestamp before) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder.run_traces(), ignored)) {
        const auto trace = read_trace(entry.path());
        if (!trace || trace->time < before) {
            os::remove_tree(entry.path());
        }
    }
}

}  // namespace ingot::build
