// SPDX-License-Identifier: Apache-2.0
// What stands around all other types (subscriptions, groups, registration, roles, …) behind a
// router whose gates are the real ones, with a few types of no meaning beside them: things with
// parts, and runners that refuse their removal while one tells them to. Requests are the
// administrator's unless a test says who asks.
#pragma once

#include "base/error.h"
#include "providers/access.h"
#include "providers/activity_log.h"
#include "providers/generic_resources.h"
#include "providers/resource_groups.h"
#include "providers/resource_providers.h"
#include "providers/roles.h"
#include "providers/subscriptions.h"
#include "resources/documents.h"
#include "resources/late_router.h"
#include "unit/providers/provider_world.h"

#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace ingot::providers {

inline const std::string kSub = "/subscriptions/" + kSubscription;
inline const std::string kAlice = "aaaaaaaa-0000-4000-8000-000000000001";
inline const std::string kBob = "bbbbbbbb-0000-4000-8000-000000000002";

class Surroundings {
  public:
    Surroundings() {
        router_.set(world.router());
        world.may = [this](const auto& action, const auto& scope) {
            return access->may(world.caller, action, scope);
        };
        world.has_subscription = [this](const auto& id) {
            return has_subscription(world.resources, id);
        };
        world.is_registered = [this](const auto& provider) {
            return is_registered(world.resources, kSubscription, provider);
        };
        ensure_subscription(world.resources, kSubscription, "Ingot");
        register_served(world.resources, world.router(), kSubscription);
        as_administrator();
    }

    void as_administrator() {
        world.caller = {.object_id = "", .client_id = "root", .name = "root"};
        world.caller.is_administrator = true;
    }

    void as(const std::string& object_id) {
        world.caller = {.object_id = object_id, .client_id = "client", .name = "somebody"};
    }

    // By its UUID, at a scope as an ARM id.
    void grant(const std::string& object_id, std::string_view role, const std::string& scope) {
        grant_role(world.resources,
                   *access,
                   {.id = "",
                    .scope = scope,
                    .role_definition_id = std::string(role),
                    .principal_id = object_id});
    }

    resources::Answer make_group(const std::string& name, const std::string& more = "") {
        return world.put(kSub + "/resourcegroups/" + name,
                         R"({"location": "westus2")" + more + "}");
    }

    resources::Answer make(const std::string& id) {
        return world.put(id, R"({"location": "westus2"})");
    }

    static std::string header(const resources::Answer& answer, std::string_view name) {
        for (const auto& [known, value] : answer.headers) {
            if (known == name) {
                return value;
            }
        }
        return "";
    }

    // Runners with these keys stand against their removal.
    std::set<std::string> running;
    std::unique_ptr<Access> access;

  private:
    [[nodiscard]] std::vector<resources::ResourceType> types(const Services& services) {
        access = std::make_unique<Access>(services.resources);
        auto all = samples(services);
        const auto add = [&all](std::vector<resources::ResourceType> more) {
            all.insert(all.end(),
                       std::make_move_iterator(more.begin()),
                       std::make_move_iterator(more.end()));
        };
        add(subscriptions(services, *access));
        add(resource_providers(services, *access, router_));
        add(resource_groups(services, *access, router_));
        add(generic_resources(services, *access, router_));
        add(roles(services, *access));
        add({activity_log(services)});
        return all;
    }

    [[nodiscard]] std::vector<resources::ResourceType> samples(const Services& services) {
        const auto document = [&](const std::string& name) {
            resources::ResourceType type;
            type.name = name;
            type.api_versions = {"2022-01-01", "2021-05-05-preview"};
            return resources::document_type(type, {}, services.resources);
        };
        auto runners = document("Test.Things/runners");
        runners.check_removal = [this](const resources::Call& call) {
            if (running.contains(call.path.key())) {
                throw base::Error(
                    base::ErrorKind::Conflict, "RunInProgress", "The runner is running.");
            }
        };
        auto things = document("Test.Things/things");
        // As a gallery: not while there is something below it.
        things.remove = [&services, inner = things.remove](const resources::Call& call) {
            if (!services.resources
                     .list({.type = "Test.Things/things/parts", .below = call.path.key()})
                     .empty()) {
                throw base::Error(
                    base::ErrorKind::Conflict, "CannotDeleteResource", "It has parts.");
            }
            return inner(call);
        };
        auto parts = document("Test.Things/things/parts");
        auto proxies = document("Test.Things/things/proxies");
        proxies.has_location = false;
        return {std::move(things), std::move(parts), std::move(proxies), std::move(runners)};
    }

    resources::LateRouter router_;

  public:
    ProviderWorld world{[this](const Services& services) { return types(services); }};
};

inline std::string group_id(const std::string& name) {
    return kSub + "/resourceGroups/" + name;
}

inline std::string thing_id(const std::string& group, const std::string& rest) {
    return group_id(group) + "/providers/Test.Things/things/" + rest;
}

}  // namespace ingot::providers
