// SPDX-License-Identifier: Apache-2.0
#include "providers/resource_providers.h"

#include "arm/regions.h"
#include "base/ascii.h"
#include "base/error.h"
#include "providers/features.h"
#include "providers/namespaces.h"
#include "resources/documents.h"

#include <algorithm>
#include <utility>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using boost::json::array;
using boost::json::object;
using resources::Answer;
using resources::Call;
using resources::Resource;
using resources::ResourceType;

constexpr std::string_view kProviderType = "Microsoft.Resources/subscriptions/providers";
constexpr std::string_view kRegistered = "Registered";
constexpr std::string_view kUnregistered = "Unregistered";
constexpr std::string_view kNeverRegistered = "NotRegistered";

std::string registration_id(std::string_view subscription, std::string_view provider) {
    return fmt::format("/subscriptions/{}/providers/{}", subscription, provider);
}

std::string state_in(const Resource& registration) {
    const auto* state = registration.internal.if_contains("state");
    return std::string(state == nullptr ? kNeverRegistered : std::string_view(state->as_string()));
}

Resource registration_of(std::string_view subscription,
                         std::string_view provider,
                         std::string_view state) {
    Resource registration;
    registration.id = registration_id(subscription, provider);
    registration.type = kProviderType;
    registration.internal["state"] = state;
    registration.created = registration.changed = base::now();
    return registration;
}

object type_document(const ResourceType& type) {
    array locations;
    if (type.has_location) {
        for (const auto& region : arm::azure_regions()) {
            locations.emplace_back(region.display_name);
        }
    }
    return {{"resourceType", type.name.substr(type.name.find('/') + 1)},
            {"locations", std::move(locations)},
            {"apiVersions", array(type.api_versions.begin(), type.api_versions.end())},
            {"capabilities", type.has_location ? "SupportsTags, SupportsLocation" : "None"}};
}

class ResourceProviders {
  public:
    ResourceProviders(const Services& services,
                      const Access& access,
                      const resources::LateRouter& router)
        : services_(services), access_(access), router_(router) {}

    [[nodiscard]] Answer get(const Call& call) const {
        check_known(call);
        return resources::ok(
            document(call.path.subscription, known_namespace(*router_, call.name())));
    }

    [[nodiscard]] Answer list(const Call& call) const {
        check_known(call);
        std::vector<resources::ListEntry> entries;
        for (const auto& provider : namespaces(*router_)) {
            entries.push_back(
                {base::to_lower(provider), document(call.path.subscription, provider)});
        }
        std::ranges::sort(entries, {}, &resources::ListEntry::key);
        return resources::page_of(call, std::move(entries));
    }

    [[nodiscard]] Answer list_types(const Call& call) const {
        check_known(call);
        return resources::ok(object{{"value", types_of(known_namespace(*router_, call.name()))}});
    }

    [[nodiscard]] Answer register_provider(const Call& call) const {
        return set_state(call, known_namespace(*router_, call.name()), kRegistered);
    }

    [[nodiscard]] Answer unregister_provider(const Call& call) const {
        const auto provider = known_namespace(*router_, call.name());
        refuse_free(provider);
        refuse_in_use(call, provider);
        return set_state(call, provider, kUnregistered);
    }

  private:
    // Whoever may know the subscription may know what it is registered for: az looks before it
    // makes anything.
    void check_known(const Call& call) const {
        const auto id = "/subscriptions/" + call.path.subscription;
        if (!call.path.subscription.empty() && !access_.knows(call.caller, id)) {
            throw Error(
                ErrorKind::NotFound,
                "SubscriptionNotFound",
                fmt::format("The subscription '{}' could not be found.", call.path.subscription));
        }
    }

    [[nodiscard]] array types_of(const std::string& provider) const {
        array types;
        for (const auto& type : router_->types()) {
            if (type.provider() == provider) {
                types.push_back(type_document(type));
            }
        }
        return types;
    }

    [[nodiscard]] object document(const std::string& subscription,
                                  const std::string& provider) const {
        object document{{"namespace", provider}};
        if (subscription.empty()) {
            document["id"] = "/providers/" + provider;
        } else {
            document["id"] = registration_id(subscription, provider);
            document["registrationState"] = state_of(subscription, provider);
            document["registrationPolicy"] =
                needs_no_registration(provider) ? "RegistrationFree" : "RegistrationRequired";
        }
        document["resourceTypes"] = types_of(provider);
        return document;
    }

    [[nodiscard]] std::string state_of(const std::string& subscription,
                                       const std::string& provider) const {
        if (needs_no_registration(provider)) {
            return std::string(kRegistered);
        }
        const auto stored =
            services_.resources.find(resources::key_of(registration_id(subscription, provider)));
        return stored ? state_in(*stored) : std::string(kNeverRegistered);
    }

    static void refuse_free(const std::string& provider) {
        if (needs_no_registration(provider)) {
            throw Error(ErrorKind::Conflict,
                        "ProviderCannotBeUnregistered",
                        fmt::format("The resource provider '{}' needs no registration and cannot "
                                    "be unregistered.",
                                    provider));
        }
    }

    void refuse_in_use(const Call& call, const std::string& provider) const {
        resources::ResourceFilter filter;
        filter.subscription = call.path.subscription;
        filter.limit = 1;
        for (const auto& type : router_->types()) {
            filter.type = type.name;
            const auto used = type.provider() == provider ? services_.resources.list(filter)
                                                          : std::vector<Resource>();
            if (!used.empty()) {
                throw Error(ErrorKind::Conflict,
                            "ResourceProviderInUse",
                            fmt::format("The subscription cannot be unregistered from '{}' while "
                                        "it has resources of it, such as '{}'.",
                                        provider,
                                        used.front().id));
            }
        }
    }

    [[nodiscard]] Answer set_state(const Call& call,
                                   const std::string& provider,
                                   std::string_view state) const {
        if (!needs_no_registration(provider)) {
            resources::Change change;
            change.writes.push_back({registration_of(call.path.subscription, provider, state),
                                     resources::Expectation::anything()});
            change.activities.push_back(resources::activity_of(
                call,
                fmt::format(
                    "{}/{}/action", provider, state == kRegistered ? "register" : "unregister"),
                registration_id(call.path.subscription, provider)));
            static_cast<void>(services_.resources.apply(change));
        }
        return resources::ok(document(call.path.subscription, provider));
    }

    const Services& services_;
    const Access& access_;
    const resources::LateRouter& router_;
};

ResourceType provider_type(std::string_view name) {
    ResourceType type;
    type.name = name;
    type.api_versions = {"2024-03-01", "2022-09-01", "2021-04-01", "2020-06-01", "2019-10-01"};
    type.has_location = type.in_group = false;
    type.open_to_all = true;
    return type;
}

// Azure names the right to register after the namespace: Microsoft.Compute/register/action.
std::string registering_right(const Call& call, const std::string& usual) {
    return call.verb == "POST" ? fmt::format("{}/{}/action", call.name(), call.path.tail) : usual;
}

}  // namespace

std::vector<ResourceType> resource_providers(const Services& services,
                                             const Access& access,
                                             const resources::LateRouter& router) {
    const ResourceProviders verbs(services, access, router);
    auto type = provider_type(kProviderType);
    type.get = [verbs](const Call& call) { return verbs.get(call); };
    type.list = [verbs](const Call& call) { return verbs.list(call); };
    type.actions["register"] = [verbs](const Call& call) { return verbs.register_provider(call); };
    type.actions["unregister"] = [verbs](const Call& call) {
        return verbs.unregister_provider(call);
    };
    type.right = registering_right;
    auto types = provider_type("Microsoft.Resources/subscriptions/providers/resourceTypes");
    types.list = [verbs](const Call& call) { return verbs.list_types(call); };
    auto tenant = provider_type("Microsoft.Resources/providers");
    tenant.get = type.get;
    tenant.list = type.list;
    std::vector<ResourceType> all{std::move(type), std::move(types), std::move(tenant)};
    for (auto& feature_type : features(services, router)) {
        all.push_back(std::move(feature_type));
    }
    return all;
}

bool is_registered(resources::ResourceRepository& repository,
                   std::string_view subscription,
                   std::string_view provider) {
    if (subscription.empty() || needs_no_registration(provider)) {
        return true;
    }
    const auto stored = repository.find(resources::key_of(registration_id(subscription, provider)));
    return stored && state_in(*stored) == kRegistered;
}

void register_served(resources::ResourceRepository& repository,
                     const resources::Router& router,
                     std::string_view subscription) {
    resources::Change change;
    for (const auto& provider : served_namespaces(router)) {
        if (!needs_no_registration(provider)) {
            change.writes.push_back({registration_of(subscription, provider, kRegistered),
                                     resources::Expectation::anything()});
        }
    }
    static_cast<void>(repository.apply(change));
}

}  // namespace ingot::providers
