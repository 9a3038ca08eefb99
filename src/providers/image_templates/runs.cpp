// SPDX-License-Identifier: Apache-2.0
#include "providers/image_templates/runs.h"

#include "base/error.h"
#include "providers/image_templates/image_templates.h"
#include "providers/image_templates/template_document.h"
#include "providers/image_templates/template_runs.h"

#include <charconv>
#include <memory>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using boost::json::object;
using build::EventKind;
using build::Run;
using build::RunEvent;
using resources::Answer;
using resources::Call;
using resources::LivePiece;

constexpr std::string_view kRunType = "Microsoft.VirtualMachineImages/imageTemplates/runs";
constexpr std::size_t kRunsAtOnce = 200;
constexpr std::size_t kEventsAtOnce = 500;

Run require_run(const Services& services, const Call& call) {
    const auto stored = owner_of(services.resources, call);
    const auto& id = call.path.names.at(1);
    auto run = services.runs.find(id);
    if (!run || !is_run_of(*run, stored)) {
        throw Error(ErrorKind::NotFound,
                    "ResourceNotFound",
                    fmt::format("The template '{}' has no run '{}'.", call.path.names.front(), id));
    }
    return std::move(*run);
}

object summary(const Call& call, const Run& run, const std::string& id) {
    auto properties = run_status(run, version_of(call));
    properties["exactSource"] = run.exact_source;
    if (run.failure.cause != build::FailureCause::None) {
        properties["failureCause"] = to_string(run.failure.cause);
        properties["failureCode"] = run.failure.code;
    }
    if (!run.failure.step.empty()) {
        properties["failedStep"] = run.failure.step;
    }
    return {{"id", fmt::format("{}/runs/{}", id, run.id)},
            {"name", run.id},
            {"type", kRunType},
            {"properties", std::move(properties)}};
}

// {id, title, startTime, endTime, succeeded, exitCode, cause} of each step that began.
class StepList {
  public:
    void add(const RunEvent& event) {
        if (event.kind == EventKind::StepStarted) {
            steps_.push_back(object{{"id", event.step},
                                    {"title", event.title},
                                    {"startTime", base::to_rfc3339(event.time)}});
        } else if (event.kind == EventKind::StepFinished) {
            finish(event);
        }
    }

    [[nodiscard]] boost::json::array take() { return std::move(steps_); }

  private:
    void finish(const RunEvent& event) {
        for (auto& one : steps_) {
            auto& step = one.get_object();
            if (text_in(step, "id") != event.step || step.contains("endTime")) {
                continue;
            }
            step["endTime"] = base::to_rfc3339(event.time);
            step["succeeded"] = event.succeeded;
            if (event.exit_code) {
                step["exitCode"] = *event.exit_code;
            }
            if (!event.succeeded) {
                step["cause"] = event.text;
            }
        }
    }

    boost::json::array steps_;
};

boost::json::array outputs_of(const Services& services, const Run& run) {
    boost::json::array outputs;
    for (const auto& output : services.images.outputs_of(run.id)) {
        outputs.push_back(object{
            {"runOutputName", output.name},
            {"artifact", output.artifact_id.empty() ? output.artifact_uri : output.artifact_id}});
    }
    return outputs;
}

Answer get(const Services& services, const Call& call) {
    const auto run = require_run(services, call);
    auto document = summary(call, run, owner_of(services.resources, call).id);
    StepList steps;
    std::int64_t last = 0;
    while (true) {
        const auto events = services.runs.events_after(run.id, last, kEventsAtOnce);
        for (const auto& event : events) {
            steps.add(event);
            last = event.sequence;
        }
        if (events.size() < kEventsAtOnce) {
            break;
        }
    }
    auto& properties = document["properties"].get_object();
    properties["steps"] = steps.take();
    properties["outputs"] = outputs_of(services, run);
    return resources::ok(std::move(document));
}

Answer list_runs(const Services& services, const Call& call) {
    boost::json::array value;
    const auto stored = owner_of(services.resources, call);
    for (const auto& run : runs_of(services.runs, stored, kRunsAtOnce)) {
        value.emplace_back(summary(call, run, stored.id));
    }
    return resources::ok(object{{"value", std::move(value)}});
}

std::string log_text(const RunEvent& event) {
    const auto time = base::to_rfc3339(event.time);
    switch (event.kind) {
        case EventKind::StepStarted:
            return fmt::format("{} [{}] ==> {}\n", time, event.step, event.title);
        case EventKind::StepFinished:
            return fmt::format("{} [{}] {}{}\n",
                               time,
                               event.step,
                               event.succeeded ? "done" : "failed: ",
                               event.succeeded ? "" : event.text);
        case EventKind::Output:
            return fmt::format("{} [{}] {}\n", time, event.step, event.text);
        case EventKind::Note:
            return fmt::format("{} [{}] ({})\n", time, event.step, event.text);
    }
    return {};
}

std::string sse_text(const RunEvent& event) {
    object data{{"time", base::to_rfc3339(event.time)}, {"step", event.step}};
    if (!event.title.empty()) {
        data["title"] = event.title;
    }
    if (!event.text.empty()) {
        data["text"] = event.text;
    }
    if (event.kind == EventKind::Output) {
        data["stream"] = event.stream == build::OutputStream::Err ? "stderr" : "stdout";
    }
    if (event.kind == EventKind::StepFinished) {
        data["succeeded"] = event.succeeded;
    }
    if (event.exit_code) {
        data["exitCode"] = *event.exit_code;
    }
    return fmt::format("id: {}\nevent: {}\ndata: {}\n\n",
                       event.sequence,
                       to_string(event.kind),
                       boost::json::serialize(data));
}

using Render = std::string (*)(const RunEvent& event);

// The journal of one run from an event on, piece by piece.
class JournalReader {
  public:
    JournalReader(const Services& services, std::string run_id, Render render, bool follow)
        : services_(services), run_id_(std::move(run_id)), render_(render), follow_(follow) {}

    void start_after(std::int64_t sequence) { last_ = sequence; }

    LivePiece next() {
        // Asked before the events are read: what a run writes last, it writes before its end.
        const auto run = services_.runs.find(run_id_);
        const bool over = !follow_ || !run || build::is_final(run->state);
        LivePiece piece;
        const auto events = services_.runs.events_after(run_id_, last_, kEventsAtOnce);
        for (const auto& event : events) {
            piece.text += render_(event);
            last_ = event.sequence;
        }
        piece.ended = over && events.size() < kEventsAtOnce;
        if (piece.ended && run && render_ == &sse_text) {
            piece.text +=
                fmt::format("event: end\ndata: {}\n\n",
                            boost::json::serialize(run_status(*run, templates::kNewestApiVersion)));
        }
        return piece;
    }

  private:
    const Services& services_;
    std::string run_id_;
    Render render_;
    bool follow_;
    std::int64_t last_ = 0;
};

Answer live(JournalReader reader, std::string_view content_type) {
    Answer answer;
    answer.headers.emplace_back("Content-Type", content_type);
    answer.headers.emplace_back("Cache-Control", "no-cache");
    const auto shared = std::make_shared<JournalReader>(std::move(reader));
    answer.live = [shared] { return shared->next(); };
    return answer;
}

Answer logs(const Services& services, const Call& call) {
    const auto run = require_run(services, call);
    const bool follow = call.query_value("follow") == "true";
    return live(JournalReader(services, run.id, &log_text, follow), "text/plain; charset=utf-8");
}

Answer events(const Services& services, const Call& call) {
    const auto run = require_run(services, call);
    JournalReader reader(services, run.id, &sse_text, true);
    std::int64_t after = 0;
    const auto wanted = call.query_value("after");
    std::from_chars(wanted.data(), wanted.data() + wanted.size(), after);
    reader.start_after(after);
    return live(std::move(reader), "text/event-stream");
}

resources::ResourceType run_type(std::string name) {
    resources::ResourceType type;
    type.name = std::move(name);
    type.api_versions = image_builder_versions();
    type.strict_api_versions = true;
    type.has_location = false;
    type.error_shape = image_builder_error_shape;
    return type;
}

}  // namespace

std::vector<resources::ResourceType> runs(const Services& services) {
    auto run = run_type(std::string(kRunType));
    run.get = [&services](const Call& call) { return get(services, call); };
    run.list = [&services](const Call& call) { return list_runs(services, call); };
    auto log = run_type(fmt::format("{}/logs", kRunType));
    log.list = [&services](const Call& call) { return logs(services, call); };
    auto event = run_type(fmt::format("{}/events", kRunType));
    event.list = [&services](const Call& call) { return events(services, call); };
    return {std::move(run), std::move(log), std::move(event)};
}

}  // namespace ingot::providers
