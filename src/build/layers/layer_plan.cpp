// SPDX-License-Identifier: Apache-2.0
#include "build/layers/layer_plan.h"

#include "base/ascii.h"
#include "base/error.h"
#include "build/generalize.h"
#include "build/machine_shape.h"
#include "guest/build_user.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

namespace ingot::build {
namespace {

constexpr std::chrono::hours kForever{24 * 36500};

std::string environment(const char* name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in Ingot calls setenv
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

std::optional<std::uint64_t> number_in(const char* name) {
    const auto text = environment(name);
    if (text.empty()) {
        return std::nullopt;
    }
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) {
        throw base::Error(base::ErrorKind::InvalidArgument,
                          "InvalidSetting",
                          fmt::format("{} is '{}'; a whole number is wanted", name, text),
                          name);
    }
    return number;
}

std::string trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    const auto end = text.find_last_not_of(" \t");
    return begin == std::string_view::npos ? "" : std::string(text.substr(begin, end - begin + 1));
}

std::vector<std::string> volatile_names(const templates::ImageTemplate& image_template) {
    std::vector<std::string> names;
    const auto tag = image_template.tags.find(kVolatileTag);
    std::string_view rest;
    if (tag != image_template.tags.end()) {
        rest = tag->second;
    }
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        names.push_back(trimmed(rest.substr(0, comma)));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return names;
}

bool is_volatile(const std::vector<std::string>& names,
                 const PreparedStep& prepared,
                 const std::string& name) {
    return std::ranges::any_of(names, [&](const auto& given) {
        return given == "*" || given == prepared.id || (!name.empty() && given == name);
    });
}

void use_no_deeper_than(LayerPlan& plan, std::size_t depth, const std::string& why) {
    if (depth < plan.first_anew) {
        plan.first_anew = depth;
        plan.why_anew = why;
    }
}

}  // namespace

CachePolicy cache_policy_from_environment() {
    CachePolicy policy;
    if (const auto hours = number_in("INGOT_LAYER_MAX_AGE")) {
        policy.max_age = std::chrono::hours(*hours);
    }
    if (const auto gib = number_in("INGOT_CACHE_SIZE")) {
        policy.size = base::ByteCount::gib(*gib);
    }
    policy.shared = environment("INGOT_SHARE_LAYERS") == "1";
    return policy;
}

std::string layer_scope(const Run& run, const CachePolicy& policy) {
    constexpr std::string_view kPrefix = "/subscriptions/";
    auto key = base::to_lower(run.template_key);
    if (policy.shared || !key.starts_with(kPrefix)) {
        return policy.shared ? "shared" : "";
    }
    return key.substr(0, key.find('/', kPrefix.size()));
}

WayIn wanted_way_in(const Run& run, const templates::ImageTemplate& image_template) {
    const auto tag = image_template.tags.find(kWayInTag);
    const bool wants_cloud_init =
        run.choices.cloud_init || (tag != image_template.tags.end() && tag->second == "cloud-init");
    return wants_cloud_init ? WayIn::Ordinary : WayIn::Fastest;
}

LayerRoot layer_root(const Run& run,
                     const templates::ImageTemplate& image_template,
                     const sources::BaseDisk& base,
                     const CachePolicy& policy) {
    const auto shape = machine_shape(image_template.vm_profile.vm_size, this_host());
    return {.scope = layer_scope(run, policy),
            .base = base.facts.digest,
            .generation = base.generation,
            .os_type = base.os_type,
            .vcpus = shape.vcpus,
            .memory = shape.memory,
            .disk_size = build_disk_size(image_template.vm_profile, base),
            .way_in = way_in_name(wanted_way_in(run, image_template), base),
            .engine = default_deprovisioning_script()};
}

base::ByteCount build_disk_size(const templates::VmProfile& profile,
                                const sources::BaseDisk& base) {
    const auto wanted = base::ByteCount::gib(static_cast<std::uint64_t>(profile.os_disk_size_gb));
    return std::max(wanted, base.facts.virtual_size);
}

LayerPlan plan_layers(const LayerRoot& root,
                      const std::vector<PreparedStep>& steps,
                      const templates::ImageTemplate& image_template,
                      const Run& run) {
    const auto names = volatile_names(image_template);
    LayerPlan plan;
    plan.first_anew = steps.size() + 1;
    plan.keys.push_back(root_key(root));
    for (std::size_t i = 0; i < steps.size(); ++i) {
        auto inputs = steps[i].customizer->inputs();
        if (is_volatile(names, steps[i], image_template.customize[i].name)) {
            inputs.push_back({"run", run.id});
            use_no_deeper_than(plan, i, fmt::format("{} is marked volatile", steps[i].id));
        }
        plan.keys.push_back(child_key(plan.keys.back(), inputs));
    }
    plan.image =
        child_key(plan.keys.back(),
                  {{"type", "image"},
                   {"sealed by",
                    seal_script(guest::build_user_removal_script(std::string(kBuildUser), ""))}});
    if (!run.choices.use_cache) {
        use_no_deeper_than(plan, 0, "--no-cache");
    } else if (!run.choices.use_warm) {
        use_no_deeper_than(plan, 0, "--no-warm");
    } else if (run.choices.from_step) {
        const auto from = static_cast<std::size_t>(std::max(*run.choices.from_step, 0));
        use_no_deeper_than(plan, from, fmt::format("--from-step {}", from));
    }
    return plan;
}

std::optional<UsableLayer> deepest_layer(const LayerPlan& plan,
                                         const LayerCache& cache,
                                         const CachePolicy& policy) {
    for (auto done = std::min(plan.first_anew, plan.keys.size() - 1) + 1; done-- > 0;) {
        // The first state holds nothing but the base: it does not age.
        const auto max_age = done == 0 ? std::chrono::seconds(kForever) : policy.max_age;
        if (auto layer = cache.find(plan.keys[done], max_age)) {
            return UsableLayer{done, std::move(*layer)};
        }
    }
    return std::nullopt;
}

}  // namespace ingot::build
