// SPDX-License-Identifier: Apache-2.0
#include "providers/subscriptions.h"

#include "arm/regions.h"
#include "base/ascii.h"
#include "base/error.h"
#include "base/uuid.h"
#include "providers/body_members.h"
#include "providers/resource_groups.h"
#include "resources/documents.h"

#include <set>
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

std::string subscription_id(std::string_view uuid) {
    return fmt::format("/subscriptions/{}", uuid);
}

Resource new_subscription(const std::string& uuid, const std::string& display_name) {
    Resource subscription;
    subscription.id = subscription_id(uuid);
    subscription.type = kSubscriptions;
    subscription.body["displayName"] = display_name;
    subscription.created = subscription.changed = base::now();
    return subscription;
}

ResourceType subscription_type(std::string name) {
    ResourceType type;
    type.name = std::move(name);
    type.api_versions = {
        "2022-12-01", "2021-01-01", "2020-01-01", "2019-11-01", "2019-06-01", "2016-06-01"};
    type.has_location = type.in_group = false;
    type.open_to_all = true;
    return type;
}

object document_of(const Resource& subscription, const std::string& tenant) {
    return {{"id", subscription.id},
            {"subscriptionId", subscription.name()},
            {"tenantId", tenant},
            {"displayName", text_member(subscription.body, "displayName")},
            {"state", "Enabled"},
            {"subscriptionPolicies", object{}},
            {"authorizationSource", "RoleBased"},
            {"managedByTenants", array{}},
            {"tags", subscription.tags}};
}

object tenant_document(const std::string& tenant) {
    return {{"id", "/tenants/" + tenant},
            {"tenantId", tenant},
            {"displayName", "Ingot"},
            {"tenantCategory", "Home"}};
}

object location_document(const std::string& subscription, std::string_view name) {
    const auto display_name = arm::region_display_name(name);
    return {{"id", fmt::format("/subscriptions/{}/locations/{}", subscription, name)},
            {"name", name},
            {"type", "Region"},
            {"displayName", display_name},
            {"regionalDisplayName", display_name},
            {"metadata", {{"regionType", "Physical"}, {"regionCategory", "Recommended"}}}};
}

class Subscriptions {
  public:
    Subscriptions(const Services& services, const Access& access)
        : services_(services), access_(access) {}

    [[nodiscard]] Answer tenants() const {
        return resources::ok(object{{"value", array{tenant_document(services_.tenant_id)}}});
    }

    [[nodiscard]] Answer get(const Call& call) const {
        return resources::ok(shown(require_known(call)));
    }

    [[nodiscard]] Answer list(const Call& call) const {
        return resources::list_page(
            call,
            subscription_type(std::string(kSubscriptions)),
            services_.resources,
            {},
            [&](const Resource& subscription) { return shown(subscription); },
            [&](const Resource& subscription) {
                return access_.knows(call.caller, subscription.id);
            });
    }

    [[nodiscard]] Answer put(const Call& call) const {
        if (!base::is_uuid(call.name())) {
            throw Error(ErrorKind::InvalidArgument,
                        "InvalidSubscriptionId",
                        fmt::format("The provided subscription identifier '{}' is malformed or "
                                    "invalid.",
                                    call.name()));
        }
        return resources::write_in_turn(call, [&] { return write(call); });
    }

    // Azure's, and those that somebody has put a resource group into.
    [[nodiscard]] Answer locations(const Call& call) const {
        static_cast<void>(require_known(call));
        std::set<std::string, std::less<>> names;
        for (const auto& region : arm::azure_regions()) {
            names.emplace(region.name);
        }
        resources::ResourceFilter groups;
        groups.type = kGroupType;
        groups.subscription = call.path.subscription;
        for (const auto& group : services_.resources.list(groups)) {
            names.insert(group.location);
        }
        array value;
        for (const auto& name : names) {
            value.push_back(location_document(call.path.subscription, name));
        }
        return resources::ok(object{{"value", std::move(value)}});
    }

  private:
    [[nodiscard]] object shown(const Resource& subscription) const {
        return document_of(subscription, services_.tenant_id);
    }

    // One that the caller may not know is not there.
    [[nodiscard]] Resource require_known(const Call& call) const {
        auto found =
            services_.resources.find(resources::key_of(subscription_id(call.path.subscription)));
        if (!found || !access_.knows(call.caller, found->id)) {
            throw Error(
                ErrorKind::NotFound,
                "SubscriptionNotFound",
                fmt::format("The subscription '{}' could not be found.", call.path.subscription));
        }
        return std::move(*found);
    }

    [[nodiscard]] Answer write(const Call& call) const {
        const auto known = services_.resources.find(call.path.key());
        auto wanted = known ? *known : new_subscription(base::to_lower(call.name()), call.name());
        const auto name = text_member(call.object(), "displayName");
        if (!name.empty()) {
            wanted.body["displayName"] = name;
        }
        wanted.tags = resources::tags_of(call.object());
        wanted.changed = base::now();
        resources::Change change;
        change.writes.push_back(
            {wanted, resources::expectation_of(call, known ? &*known : nullptr)});
        change.activities.push_back(
            resources::activity_of(call, fmt::format("{}/write", kSubscriptions), wanted.id));
        static_cast<void>(services_.resources.apply(change));
        return known ? resources::ok(shown(wanted)) : resources::created(shown(wanted));
    }

    const Services& services_;
    const Access& access_;
};

}  // namespace

std::vector<ResourceType> subscriptions(const Services& services, const Access& access) {
    const Subscriptions verbs(services, access);
    auto tenants = subscription_type("Microsoft.Resources/tenants");
    tenants.list = [verbs](const Call&) { return verbs.tenants(); };
    auto type = subscription_type(std::string(kSubscriptions));
    type.get = [verbs](const Call& call) { return verbs.get(call); };
    type.list = [verbs](const Call& call) { return verbs.list(call); };
    type.put = [verbs](const Call& call) { return verbs.put(call); };
    auto locations = subscription_type("Microsoft.Resources/subscriptions/locations");
    locations.list = [verbs](const Call& call) { return verbs.locations(call); };
    return {std::move(tenants), std::move(type), std::move(locations)};
}

void ensure_subscription(resources::ResourceRepository& repository,
                         const std::string& id,
                         const std::string& display_name) {
    if (has_subscription(repository, id)) {
        return;
    }
    resources::Change change;
    change.writes.push_back(
        {new_subscription(base::to_lower(id), display_name), resources::Expectation::absent()});
    static_cast<void>(repository.apply(change));
}

bool has_subscription(resources::ResourceRepository& repository, std::string_view id) {
    return repository.find(resources::key_of(subscription_id(id))).has_value();
}

}  // namespace ingot::providers
