// SPDX-License-Identifier: Apache-2.0
#include "build/distributors/distributor.h"

#include "base/error.h"
#include "build/distributors/targets.h"

#include <map>
#include <optional>
#include <thread>

#include <fmt/format.h>

namespace ingot::build {
namespace {

using templates::ManagedImageTarget;
using templates::SharedImageTarget;
using templates::VhdTarget;

std::string title_of(const templates::Distributor& distributor) {
    if (const auto* shared = std::get_if<SharedImageTarget>(&distributor.target)) {
        return fmt::format("SharedImage: {}", shared->gallery_image_id);
    }
    if (const auto* managed = std::get_if<ManagedImageTarget>(&distributor.target)) {
        return fmt::format("ManagedImage: {}", managed->image_id);
    }
    return fmt::format("VHD: {}", distributor.run_output_name);
}

std::string publish(const templates::Distributor& distributor, const TargetContext& context) {
    if (const auto* shared = std::get_if<SharedImageTarget>(&distributor.target)) {
        return publish_shared_image(distributor, *shared, context);
    }
    if (const auto* managed = std::get_if<ManagedImageTarget>(&distributor.target)) {
        return publish_managed_image(distributor, *managed, context);
    }
    return publish_vhd(distributor, std::get<VhdTarget>(distributor.target), context);
}

// Empty if it worked.
std::string distribute_one(const templates::Distributor& distributor,
                           const std::string& step,
                           const TargetContext& context) {
    auto& journal = context.image.journal;
    journal.start_step(step, title_of(distributor));
    try {
        const auto published = publish(distributor, context);
        journal.note(step, "published " + published);
        journal.finish_step(step, true);
        return "";
    } catch (const base::Error& error) {
        journal.finish_step(step, false, error.message());
        return fmt::format("[{}] {}", step, error.message());
    } catch (const base::Cancelled& cancelled) {
        journal.finish_step(step, false, cancelled.what());
        return fmt::format("[{}] {}", step, cancelled.what());
    }
}

// One error that says everything: the first problem's code, all problems' messages.
base::Error all_of(std::vector<base::ErrorDetail> problems) {
    std::string all;
    for (const auto& problem : problems) {
        all += fmt::format("{}{}: {}", all.empty() ? "" : "\n", problem.target, problem.message);
    }
    base::Error error(
        base::ErrorKind::PreconditionFailed, problems[0].code, all, problems[0].target);
    for (auto& problem : problems) {
        error.add_detail(std::move(problem));
    }
    return error;
}

}  // namespace

void check_targets(const std::vector<templates::Distributor>& targets,
                   const GuestKind& kind,
                   gallery::ImageRepository& images) {
    std::vector<base::ErrorDetail> problems;
    for (const auto& distributor : targets) {
        try {
            if (const auto* shared = std::get_if<SharedImageTarget>(&distributor.target)) {
                check_shared_image(*shared, kind, images);
            } else if (const auto* vhd = std::get_if<VhdTarget>(&distributor.target)) {
                check_vhd(*vhd);
            }
        } catch (const base::Error& error) {
            problems.push_back({error.code(), error.message(), distributor.run_output_name});
        }
    }
    if (!problems.empty()) {
        throw all_of(std::move(problems));
    }
}

std::vector<std::string> distribute_to_all(const std::vector<templates::Distributor>& targets,
                                           const SealedImage& image) {
    std::mutex repository;
    std::vector<std::string> outcomes(targets.size());
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < targets.size(); ++i) {
            threads.emplace_back([&, i] {
                outcomes[i] = distribute_one(
                    targets[i], fmt::format("distribute[{}]", i), {image, repository});
            });
        }
    }
    image.cancellation.throw_if_cancelled();
    std::erase(outcomes, "");
    return outcomes;
}

}  // namespace ingot::build
