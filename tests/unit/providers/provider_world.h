// SPDX-License-Identifier: Apache-2.0
// Resource types behind a router, over the real stores on a SQLite file of their own: what a client
// sends as verb, URL and body, and the answer it gets. Without transport; everybody may do
// everything, every subscription exists and every provider is registered, unless a test closes a
// gate.
//
//   ProviderWorld world([](const Services& services) { return galleries(services); });
//   world.make_group("rg");
//   EXPECT_EQ(world.put(world.in_group("rg", "Microsoft.Compute/galleries/g"), R"({…})").status,
//   201);
#pragma once

#include "base/ascii.h"
#include "base/json.h"
#include "identity/principal_repository.h"
#include "os/files.h"
#include "providers/services.h"
#include "resources/router.h"
#include "store/connection_pool.h"
#include "store/image_store.h"
#include "store/resource_store.h"
#include "store/run_store.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>
#include <gtest/gtest.h>

namespace ingot::providers {

inline const std::string kSubscription = "11111111-2222-3333-4444-555555555555";
inline const std::string kTenant = "99999999-8888-7777-6666-555555555555";

// Keeps principals in memory.
class FakePrincipals final : public identity::PrincipalRepository {
  public:
    void save(const identity::ServicePrincipal& principal) override {
        remove(principal.client_id);
        kept_.push_back(principal);
    }

    bool remove(std::string_view client_id) override {
        return std::erase_if(kept_, [&](const auto& principal) {
                   return base::equal_ignoring_case(principal.client_id, client_id);
               }) > 0;
    }

    std::optional<identity::ServicePrincipal> find_by_client(std::string_view id) override {
        return find([&](const auto& principal) { return principal.client_id; }, id);
    }

    std::optional<identity::ServicePrincipal> find_by_object(std::string_view id) override {
        return find([&](const auto& principal) { return principal.object_id; }, id);
    }

    std::vector<identity::ServicePrincipal> list() override { return kept_; }

  private:
    template <typename IdOf>
    std::optional<identity::ServicePrincipal> find(IdOf&& id_of, std::string_view id) const {
        const auto found = std::ranges::find_if(kept_, [&](const auto& principal) {
            return base::equal_ignoring_case(id_of(principal), id);
        });
        return found == kept_.end() ? std::nullopt : std::optional(*found);
    }

    std::vector<identity::ServicePrincipal> kept_;
};

class ProviderWorld {
  public:
    using MakeTypes = std::function<std::vector<resources::ResourceType>(const Services&)>;

    // `catalog` is the list of platform images, as a file of catalog/ has it.
    explicit ProviderWorld(const MakeTypes& make_types, const std::string& catalog = "[]")
        : catalog_(load_catalog(catalog)), router_(make_types(services), resources, open_gates()) {}

    // `url` is the path with its query; where it has no api-version it gets `api_version`. A body
    // is JSON text.
    resources::Answer send(const std::string& verb,
                           const std::string& url,
                           const std::optional<std::string>& body = std::nullopt) {
        const auto call = call_of(verb, url, body);
        return call ? router_.answer(*call) : resources::Answer{.status = 0};
    }

    resources::Answer get(const std::string& url) { return send("GET", url); }

    resources::Answer put(const std::string& url, const std::string& body) {
        return send("PUT", url, body);
    }

    resources::Answer patch(const std::string& url, const std::string& body) {
        return send("PATCH", url, body);
    }

    resources::Answer remove(const std::string& url) { return send("DELETE", url); }

    resources::Answer post(const std::string& url,
                           const std::optional<std::string>& body = std::nullopt) {
        return send("POST", url, body);
    }

    // "rg" and "Microsoft.Compute/galleries/g" as a path of the sample subscription.
    [[nodiscard]] static std::string in_group(const std::string& group, const std::string& rest) {
        return "/subscriptions/" + kSubscription + "/resourceGroups/" + group + "/providers/" +
               rest;
    }

    [[nodiscard]] static std::string in_subscription(const std::string& rest) {
        return "/subscriptions/" + kSubscription + "/providers/" + rest;
    }

    void make_group(const std::string& name, const std::string& location = "westus2") {
        resources::Resource group;
        group.id = "/subscriptions/" + kSubscription + "/resourceGroups/" + name;
        group.type = "Microsoft.Resources/resourceGroups";
        group.location = location;
        group.properties()["provisioningState"] = "Succeeded";
        group.created = group.changed = base::now();
        resources::Change change;
        change.writes.push_back({group, resources::Expectation::anything()});
        static_cast<void>(resources.apply(change));
    }

  private:
    os::ScratchFolder folder_ = os::ScratchFolder::temporary();
    store::ConnectionPool pool_{folder_.path() / "state.db"};
    sources::Catalog catalog_;

  public:
    store::ResourceStore resources{pool_};
    store::ImageStore images{pool_};
    store::RunStore runs{pool_};
    FakePrincipals principals;
    artifact::ArtifactStorage storage{folder_.path() / "disks"};
    Services services{.resources = resources,
                      .images = images,
                      .runs = runs,
                      .principals = principals,
                      .storage = storage,
                      .catalog = catalog_,
                      .tenant_id = kTenant};

    // For the next calls.
    std::string api_version = "2021-10-01";
    std::string if_match;
    std::string if_none_match;
    resources::Caller caller{
        .object_id = "caller-object", .client_id = "caller-client", .name = "tester"};

    // Gates that a test may close.
    std::function<bool(const std::string& action, const std::string& scope)> may =
        [](const auto& /*action*/, const auto& /*scope*/) { return true; };
    std::function<bool(const std::string& provider)> is_registered = [](const auto& /*provider*/) {
        return true;
    };
    std::function<bool(const std::string& subscription)> has_subscription =
        [](const auto& /*subscription*/) { return true; };

    [[nodiscard]] const resources::Router& router() const { return router_; }

  private:
    [[nodiscard]] sources::Catalog load_catalog(const std::string& list) const {
        const auto folder = folder_.path() / "catalog";
        os::make_folders(folder);
        os::replace_file(folder / "catalog.json", "{\"images\": " + list + "}");
        return sources::Catalog::load(folder);
    }

    [[nodiscard]] resources::Gates open_gates() {
        return {.may = [this](const auto& /*who*/,
                              const auto& action,
                              const auto& scope) { return may(action, scope); },
                .has_subscription =
                    [this](const auto& subscription) { return has_subscription(subscription); },
                .is_registered = [this](const auto& /*subscription*/,
                                        const auto& provider) { return is_registered(provider); }};
    }

    [[nodiscard]] std::optional<resources::Call> call_of(
        const std::string& verb,
        const std::string& url,
        const std::optional<std::string>& body) const {
        const auto mark = std::min(url.find('?'), url.size());
        const auto path = resources::RequestPath::parse(url.substr(0, mark));
        if (!path) {
            ADD_FAILURE() << "no path: " << url;
            return std::nullopt;
        }
        resources::Call call;
        call.verb = verb;
        call.path = *path;
        call.raw_path = url.substr(0, mark);
        call.query = query_of(url.substr(std::min(mark + 1, url.size())));
        call.query.try_emplace("api-version", api_version);
        call.api_version = call.query_value("api-version");
        if (body) {
            call.body = base::parse_own_json(*body, "the body of a test");
        }
        call.if_match = if_match;
        call.if_none_match = if_none_match;
        call.caller = caller;
        call.correlation_id = "correlation";
        call.base_url = "https://localhost:8443";
        return call;
    }

    // Values as they are: tests write them without percent-encoding.
    static std::map<std::string, std::string, std::less<>> query_of(const std::string& text) {
        std::map<std::string, std::string, std::less<>> query;
        std::istringstream pairs(text);
        for (std::string pair; std::getline(pairs, pair, '&');) {
            std::istringstream halves(pair);
            std::string name;
            std::getline(halves, name, '=');
            std::getline(halves, query[base::to_lower(name)]);
        }
        return query;
    }

    resources::Router router_;
};

// --- looking into answers

// "properties.identifier.uniqueName" of a body; null where there is none, with numbers for list
// entries: "value.0.name".
inline boost::json::value at(const boost::json::value& body, const std::string& dotted) {
    const boost::json::value* value = &body;
    std::istringstream parts(dotted);
    for (std::string part; value != nullptr && std::getline(parts, part, '.');) {
        if (value->is_array()) {
            value = value->get_array().if_contains(std::stoul(part));
        } else {
            value = value->is_object() ? value->get_object().if_contains(part) : nullptr;
        }
    }
    return value == nullptr ? boost::json::value() : *value;
}

// The text there; empty for anything else.
inline std::string text_at(const resources::Answer& answer, const std::string& dotted) {
    const auto value = at(answer.body, dotted);
    return value.is_string() ? std::string(value.get_string()) : std::string();
}

inline std::string error_code(const resources::Answer& answer) {
    return text_at(answer, "error.code");
}

inline std::string error_message(const resources::Answer& answer) {
    return text_at(answer, "error.message");
}

// The names in a list, in its order.
inline std::vector<std::string> names_in(const boost::json::value& list) {
    std::vector<std::string> names;
    for (const auto& entry : list.is_array() ? list.get_array() : list.at("value").as_array()) {
        names.emplace_back(entry.at("name").as_string());
    }
    return names;
}

}  // namespace ingot::providers
