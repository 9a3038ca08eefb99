// SPDX-License-Identifier: Apache-2.0
#include "daemon/resource_types.h"

#include "providers/activity_log.h"
#include "providers/applications.h"
#include "providers/galleries.h"
#include "providers/generic_resources.h"
#include "providers/image_definitions.h"
#include "providers/image_templates/image_templates.h"
#include "providers/image_templates/operation_answers.h"
#include "providers/image_templates/run_outputs.h"
#include "providers/image_templates/runs.h"
#include "providers/image_templates/triggers.h"
#include "providers/image_versions.h"
#include "providers/managed_identities.h"
#include "providers/managed_images.h"
#include "providers/platform_images.h"
#include "providers/resource_groups.h"
#include "providers/resource_providers.h"
#include "providers/roles.h"
#include "providers/subscriptions.h"

#include <iterator>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_set>
#include <utility>
#include <vector>

namespace ingot::daemon {
namespace {

using providers::Access;
using providers::Services;
using providers::TemplateLife;
using resources::LateRouter;
using resources::ResourceType;

class List {
  public:
    void add(ResourceType type) { types_.push_back(std::move(type)); }

    void add(std::vector<ResourceType> types) {
        types_.insert(types_.end(),
                      std::make_move_iterator(types.begin()),
                      std::make_move_iterator(types.end()));
    }

    [[nodiscard]] std::vector<ResourceType> take() { return std::move(types_); }

  private:
    std::vector<ResourceType> types_;
};

void add_image_builder(const Services& services, const TemplateLife& life, List& list) {
    list.add(providers::image_templates(services, life));
    list.add(providers::run_outputs(services, life));
    list.add(providers::runs(services));
    list.add(providers::triggers(services));
    list.add(providers::image_builder_operations(services));
}

void add_compute(const Services& services, List& list) {
    list.add(providers::galleries(services));
    list.add(providers::image_definitions(services));
    list.add(providers::image_versions(services));
    list.add(providers::managed_images(services));
    list.add(providers::platform_images(services));
    list.add(providers::managed_identities(services));
}

void add_resource_manager(const Services& services,
                          Access& access,
                          const LateRouter& router,
                          List& list) {
    list.add(providers::subscriptions(services, access));
    list.add(providers::resource_providers(services, access, router));
    list.add(providers::resource_groups(services, access, router));
    list.add(providers::generic_resources(services, access, router));
    list.add(providers::roles(services, access));
    list.add(providers::applications(services));
    list.add(providers::activity_log(services));
}

// Asked for every request; subscriptions are never removed.
class KnownSubscriptions {
  public:
    explicit KnownSubscriptions(resources::ResourceRepository& repository)
        : repository_(repository) {}

    [[nodiscard]] bool has(const std::string& id) {
        {
            const std::shared_lock lock(mutex_);
            if (known_.contains(id)) {
                return true;
            }
        }
        if (!providers::has_subscription(repository_, id)) {
            return false;
        }
        const std::lock_guard lock(mutex_);
        if (known_.size() < kMostSpellings) {
            known_.insert(id);
        }
        return true;
    }

  private:
    // Of ids in any case.
    static constexpr std::size_t kMostSpellings = 10'000;

    resources::ResourceRepository& repository_;
    std::shared_mutex mutex_;
    std::unordered_set<std::string> known_;
};

resources::Gates gates(const Services& services, const Access& access) {
    return {.may =
                [&access](const auto& caller, const std::string& action, const std::string& scope) {
                    return access.may(caller, action, scope);
                },
            .has_subscription = [known = std::make_shared<KnownSubscriptions>(services.resources)](
                                    const std::string& id) { return known->has(id); },
            .is_registered =
                [&services](const std::string& subscription, const std::string& provider) {
                    return providers::is_registered(services.resources, subscription, provider);
                }};
}

}  // namespace

ResourceTypes::ResourceTypes(const Services& services,
                             const TemplateLife& life,
                             Access& access,
                             resources::DataVersion data_version) {
    List list;
    add_image_builder(services, life, list);
    add_compute(services, list);
    add_resource_manager(services, access, late_, list);
    auto gate = gates(services, access);
    gate.data_version = std::move(data_version);
    router_.emplace(list.take(), services.resources, std::move(gate));
    late_.set(*router_);
}

}  // namespace ingot::daemon
