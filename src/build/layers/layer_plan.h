// SPDX-License-Identifier: Apache-2.0
// Which state of a build each step begins and ends in, by key, and how much of it this host has
// already. `ingot plan` shows it and a run follows it; making layers is layered_vm.h's job.
#pragma once

#include "base/digest.h"
#include "build/build_vm.h"
#include "build/layers/image_record.h"
#include "build/layers/layer_cache.h"
#include "build/layers/layer_key.h"
#include "build/run.h"
#include "build/steps.h"
#include "templates/model.h"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ingot::build {

// Layers are not used for longer than this after their oldest step ran, so that security updates
// get into images. INGOT_LAYER_MAX_AGE, in hours, says otherwise.
constexpr std::chrono::hours kLayerMaxAge{24};
// INGOT_CACHE_SIZE, in GiB.
constexpr base::ByteCount kLayerCacheSize = base::ByteCount::gib(20);

struct CachePolicy {
    std::chrono::seconds max_age = kLayerMaxAge;
    base::ByteCount size = kLayerCacheSize;
    bool shared = false;  // layers of one subscription may serve others (INGOT_SHARE_LAYERS=1)
};

// From the environment. Throws Error{InvalidArgument} for values that are no numbers.
[[nodiscard]] CachePolicy cache_policy_from_environment();

// The tag of a template that names steps whose result is never used again, since they fetch what
// changes behind an unchanged name: "customize[2], install-agent", or "*" for all.
inline constexpr const char* kVolatileTag = "ingot:volatile";
// The tag that says how the build VM is entered: "cloud-init" for scripts that need it to have run.
inline constexpr const char* kWayInTag = "ingot:boot";

struct LayerPlan {
    // keys[0] is the state before the first customizer, keys[i] that after the i-th.
    std::vector<base::Sha256Digest> keys;
    base::Sha256Digest image;    // the generalized disk after the last
    std::size_t first_anew = 0;  // layers and images deeper than this are not used
    std::string why_anew{};      // for a person; empty if all may be used

    [[nodiscard]] bool may_use_image() const { return first_anew >= keys.size(); }
};

// Whose layers a run makes and uses: of a template in the service its subscription, else this
// host's own.
[[nodiscard]] std::string layer_scope(const Run& run, const CachePolicy& policy);

// What the build of this template begins with. Throws Error for a VM size that there is not.
[[nodiscard]] LayerRoot layer_root(const Run& run,
                                   const templates::ImageTemplate& image_template,
                                   const sources::BaseDisk& base,
                                   const CachePolicy& policy);

// The source's size unless the template asks for more.
[[nodiscard]] base::ByteCount build_disk_size(const templates::VmProfile& profile,
                                              const sources::BaseDisk& base);

// How the build VM is entered, as the run or the template want it.
[[nodiscard]] WayIn wanted_way_in(const Run& run, const templates::ImageTemplate& image_template);

// `run_id` salts the keys of volatile steps. Steps are prepared.
[[nodiscard]] LayerPlan plan_layers(const LayerRoot& root,
                                    const std::vector<PreparedStep>& steps,
                                    const templates::ImageTemplate& image_template,
                                    const Run& run);

// The deepest layer that is there and may be used, as the number of customizers done; nothing if
// not even the first state is there.
struct UsableLayer {
    std::size_t done;
    Layer layer;
};

[[nodiscard]] std::optional<UsableLayer> deepest_layer(const LayerPlan& plan,
                                                       const LayerCache& cache,
                                                       const CachePolicy& policy);

}  // namespace ingot::build
