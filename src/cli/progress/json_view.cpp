// SPDX-License-Identifier: Apache-2.0
#include "base/ascii.h"
#include "cli/progress/progress_view.h"

#include <cstdio>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace ingot::cli {
namespace {

// stepStarted for StepStarted.
std::string name_of(build::EventKind kind) {
    std::string name(build::to_string(kind));
    name.front() = base::to_lower(name.substr(0, 1)).front();
    return name;
}

// The events' names and fields are an interface: docs/cli.md.
class JsonView final : public ProgressView {
  public:
    void begin(const build::Run& run) override {
        print({{"event", "runStarted"},
               {"run", run.id},
               {"template", run.template_name},
               {"time", base::to_rfc3339(run.started)}});
    }

    void show(const build::RunEvent& event) override {
        boost::json::object json{{"event", name_of(event.kind)},
                                 {"step", event.step},
                                 {"time", base::to_rfc3339(event.time)}};
        switch (event.kind) {
            case build::EventKind::StepStarted:
                json["title"] = event.title;
                break;
            case build::EventKind::StepFinished:
                json["succeeded"] = event.succeeded;
                json["exitCode"] = event.exit_code ? boost::json::value(*event.exit_code) : nullptr;
                json["cause"] = event.text;
                break;
            case build::EventKind::Output:
                json["stream"] = event.stream == build::OutputStream::Err ? "stderr" : "stdout";
                json["text"] = event.text;
                break;
            case build::EventKind::Note:
                json["text"] = event.text;
                break;
        }
        print(json);
    }

    void end(const build::Run& run, const std::vector<gallery::RunOutput>& outputs) override {
        boost::json::array list;
        for (const auto& output : outputs) {
            list.push_back(boost::json::object{{"name", output.name},
                                               {"artifactId", output.artifact_id},
                                               {"artifactUri", output.artifact_uri}});
        }
        print({{"event", "runFinished"},
               {"run", run.id},
               {"state", build::to_string(run.state)},
               {"exactSource", run.exact_source},
               {"time", base::to_rfc3339(run.ended.value_or(run.started))},
               {"failure",
                {{"cause", build::to_string(run.failure.cause)},
                 {"code", run.failure.code},
                 {"message", run.failure.message},
                 {"step", run.failure.step}}},
               {"outputs", list}});
    }

  private:
    static void print(const boost::json::object& json) {
        fmt::print("{}\n", boost::json::serialize(json));
        std::fflush(stdout);
    }
};

}  // namespace

std::unique_ptr<ProgressView> make_json_view() {
    return std::make_unique<JsonView>();
}

}  // namespace ingot::cli
