// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/json.h"
#include "base/uuid.h"
#include "build/layers/layer_plan.h"
#include "build/layers/run_trace.h"
#include "cli/commands.h"
#include "cli/line_difference.h"
#include "cli/local_store.h"
#include "cli/progress/elapsed.h"
#include "cli/recorded_runs.h"
#include "sources/base_disk.h"

#include <algorithm>
#include <filesystem>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace ingot::cli {
namespace {

// One line of the plan.
struct PlannedStep {
    std::string id;
    std::string title;
    bool cached = false;
    std::string because;
};

struct Plan {
    std::string source;
    std::string way_in;
    std::vector<PlannedStep> steps;
    std::vector<std::string> explanation{};
};

build::Run imagined_run(const templates::ImageTemplate& image_template,
                        const BuildOptions& options) {
    const auto file = std::filesystem::absolute(options.image_template.file);
    return {.id = base::new_uuid(),
            .template_name = image_template.name,
            .template_folder = file.parent_path().string(),
            .choices = options.choices};
}

std::string describe_way_in(const std::string& name) {
    return name == "direct" ? "kernel started directly, cloud-init stays off"
                            : "through firmware and boot loader, cloud-init runs";
}

// A platform image that was never made here is not made for a plan.
bool is_at_hand(sources::BaseDisks& disks,
                const sources::Catalog& catalog,
                const templates::Source& source,
                const base::Cancellation& scope) {
    const auto* name = std::get_if<templates::PlatformImageSource>(&source);
    return name == nullptr ||
           disks.is_present(catalog.find({name->publisher, name->offer, name->sku, name->version}),
                            scope);
}

std::string short_key(const base::Sha256Digest& key) {
    return key.hex().substr(0, 12);
}

std::string in_layer(const build::LayerFacts& facts) {
    return fmt::format(
        "layer {}, {} old", short_key(facts.key), for_people(base::now() - facts.born));
}

class Planner {
  public:
    Planner(const Settings& settings,
            const templates::ImageTemplate& image_template,
            const BuildOptions& options,
            const base::Cancellation& scope)
        : settings_(settings),
          template_(image_template),
          run_(imagined_run(image_template, options)),
          scope_(scope),
          store_(settings),
          layers_(settings.state.layers()) {}

    Plan make(bool explain) {
        const auto catalog = sources::Catalog::load(settings_.catalog);
        sources::BaseDisks disks(
            catalog, store_.images(), store_.storage(), settings_.state.cache());
        if (!is_at_hand(disks, catalog, template_.source, scope_)) {
            return without_base();
        }
        const auto base = disks.resolve(
            template_.source, [](std::string_view) {}, scope_);
        steps_ = build::prepare_steps(template_.customize,
                                      {.kind = "customize",
                                       .os_type = base.os_type,
                                       .template_folder = run_.template_folder,
                                       .scratch = scratch_.path()},
                                      scope_);
        root_ = build::layer_root(run_, template_, base, policy_);
        keys_ = build::plan_layers(root_, steps_, template_, run_);
        return with_base(base.exact_source, explain);
    }

  private:
    [[nodiscard]] Plan without_base() const {
        Plan plan{.source = "not on this host yet: it is made first", .way_in = "", .steps = {}};
        for (std::size_t i = 0; i < template_.customize.size(); ++i) {
            plan.steps.push_back(
                {fmt::format("customize[{}]", i), template_.customize[i].name, false, "new base"});
        }
        return plan;
    }

    Plan with_base(const std::string& source, bool explain) {
        Plan plan{.source = source, .way_in = describe_way_in(root_.way_in), .steps = {}};
        const auto record = keys_.may_use_image()
                                ? build::ImageRecords(settings_.state.image_records())
                                      .find(keys_.image, policy_.max_age)
                                : std::nullopt;
        const bool whole = record && store_.storage().has(record->content.digest);
        const auto layer = whole || !run_.choices.use_warm
                               ? std::nullopt
                               : build::deepest_layer(keys_, layers_, policy_);
        const auto done = whole ? steps_.size() : layer ? layer->done : 0;
        plan.steps.push_back({"boot",
                              "Start the VM",
                              whole || layer,
                              whole ? "no VM is needed"
                              : layer
                                  ? fmt::format("resumed from {}", in_layer(layer->layer.facts()))
                                  : "booted"});
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            plan.steps.push_back({steps_[i].id,
                                  steps_[i].title,
                                  i < done,
                                  i < done    ? ""
                                  : i == done ? why(done)
                                              : "follows"});
        }
        plan.steps.push_back(
            {"seal",
             "Generalize and seal",
             whole,
             whole ? fmt::format("image of {}", base::to_rfc3339(record->born)) : "follows"});
        if (explain) {
            plan.explanation = explanation(whole, done);
        }
        return plan;
    }

    [[nodiscard]] std::string why(std::size_t done) const {
        if (done >= keys_.first_anew && !keys_.why_anew.empty()) {
            return keys_.why_anew;
        }
        const auto old = layers_.find(keys_.keys[done + 1], std::chrono::hours(24 * 36500));
        if (!old) {
            return "there is no layer of it";
        }
        return fmt::format("its layer is {} old, which is too old",
                           for_people(base::now() - old->facts().born));
    }

    [[nodiscard]] std::vector<std::string> explanation(bool whole, std::size_t done) const {
        if (whole) {
            return {"nothing that makes the image has changed"};
        }
        const auto last = build::last_trace(settings_.state, run_);
        if (!last) {
            return {"no earlier run of this template is remembered"};
        }
        std::vector<std::string> lines = {fmt::format("compared with run {} of {}:",
                                                      last->run_id.substr(0, 8),
                                                      base::to_rfc3339(last->time))};
        add_root_difference(*last, lines);
        for (auto i = done; i < steps_.size() && lines.size() == 1; ++i) {
            add_step_difference(*last, i, lines);
        }
        if (lines.size() == 1) {
            lines.emplace_back(
                "the template says the same; what is missing was evicted, became too old, failed, "
                "or "
                "was too short to be kept");
        }
        return lines;
    }

    void add_root_difference(const build::RunTrace& last, std::vector<std::string>& lines) const {
        const auto differ = [&](const char* what, const std::string& was, const std::string& is) {
            if (was != is) {
                lines.push_back(fmt::format("{}: was {}, is {}", what, was, is));
            }
        };
        differ("base disk", short_key(last.root.base), short_key(root_.base));
        differ("way in", last.root.way_in, root_.way_in);
        differ("vCPUs", std::to_string(last.root.vcpus), std::to_string(root_.vcpus));
        differ("memory", base::to_string(last.root.memory), base::to_string(root_.memory));
        differ("disk size", base::to_string(last.root.disk_size), base::to_string(root_.disk_size));
    }

    void add_step_difference(const build::RunTrace& last,
                             std::size_t i,
                             std::vector<std::string>& lines) const {
        if (i >= last.steps.size()) {
            lines.push_back(fmt::format("{} is new", steps_[i].id));
            return;
        }
        const auto now = steps_[i].customizer->inputs();
        for (std::size_t k = 0; k < std::max(now.size(), last.steps[i].inputs.size()); ++k) {
            const auto was =
                k < last.steps[i].inputs.size() ? last.steps[i].inputs[k] : build::StepInput{};
            const auto is = k < now.size() ? now[k] : build::StepInput{};
            if (was == is) {
                continue;
            }
            lines.push_back(
                fmt::format("{}: {} differs", steps_[i].id, is.name.empty() ? was.name : is.name));
            for (auto& line : line_difference(was.value, is.value)) {
                lines.push_back(std::move(line));
            }
        }
    }

    const Settings& settings_;
    const templates::ImageTemplate& template_;
    build::Run run_;
    const base::Cancellation& scope_;
    LocalStore store_;
    build::LayerCache layers_;
    build::CachePolicy policy_ = build::cache_policy_from_environment();
    os::ScratchFolder scratch_ = os::ScratchFolder::temporary();
    std::vector<build::PreparedStep> steps_;
    build::LayerRoot root_;
    build::LayerPlan keys_;
};

void print(const templates::ImageTemplate& image_template, const Plan& plan) {
    fmt::print("{} on {}\n", image_template.name, plan.source);
    if (!plan.way_in.empty()) {
        fmt::print("{}\n", plan.way_in);
    }
    for (const auto& step : plan.steps) {
        fmt::print("  {}  {:14} {}{}\n",
                   step.cached ? "cached" : "run   ",
                   step.id,
                   step.title,
                   step.because.empty() ? "" : fmt::format("  ({})", step.because));
    }
    for (const auto& line : plan.explanation) {
        fmt::print("{}\n", line);
    }
}

boost::json::object to_json(const Plan& plan) {
    boost::json::array steps;
    for (const auto& step : plan.steps) {
        steps.push_back(boost::json::object{{"id", step.id},
                                            {"title", step.title},
                                            {"cached", step.cached},
                                            {"because", step.because}});
    }
    boost::json::array explanation;
    for (const auto& line : plan.explanation) {
        explanation.push_back(boost::json::value(line));
    }
    return {{"source", plan.source},
            {"wayIn", plan.way_in},
            {"steps", steps},
            {"explanation", explanation}};
}

}  // namespace

ExitCode plan_command(const Settings& settings,
                      const BuildOptions& options,
                      const PlanOptions& plan_options,
                      const base::Cancellation& cancellation) {
    const auto image_template =
        read_template_file(options.image_template, options.output == OutputForm::Json);
    if (!image_template) {
        return ExitCode::Template;
    }
    try {
        const auto plan =
            Planner(settings, *image_template, options, cancellation).make(plan_options.explain);
        if (options.output == OutputForm::Json) {
            fmt::print("{}", base::pretty_json(to_json(plan)));
        } else {
            print(*image_template, plan);
        }
    } catch (const build::RunFailed& failed) {
        throw base::Error(base::ErrorKind::InvalidArgument,
                          failed.failure().code,
                          fmt::format("{}: {}", failed.failure().step, failed.failure().message));
    }
    return ExitCode::Success;
}

}  // namespace ingot::cli
