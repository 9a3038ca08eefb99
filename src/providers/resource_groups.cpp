// SPDX-License-Identifier: Apache-2.0
#include "providers/resource_groups.h"

#include "arm/resource_id.h"
#include "base/error.h"
#include "providers/body_members.h"
#include "providers/resource_group_removal.h"
#include "resources/documents.h"
#include "resources/filter.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using resources::Answer;
using resources::Call;
using resources::Resource;
using resources::ResourceType;

constexpr std::string_view kPathType = "Microsoft.Resources/subscriptions/resourceGroups";
constexpr std::string_view kGroupFilters = "tagName eq 'name', also with and tagValue eq 'value'";
constexpr std::size_t kLongestGroupName = 90;

ResourceType group_type(std::string name) {
    ResourceType type;
    type.name = std::move(name);
    type.api_versions = {"2024-03-01", "2022-09-01", "2021-04-01", "2020-06-01", "2019-10-01"};
    return type;
}

void check_group_name(const std::string& name) {
    const bool plain = std::ranges::all_of(name, [](unsigned char c) {
        return std::isalnum(c) != 0 ||
               std::string_view("-._()").find(static_cast<char>(c)) != std::string_view::npos ||
               c >= 0x80;  // letters of other scripts
    });
    if (!plain || name.size() > kLongestGroupName || name.ends_with('.')) {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidResourceGroup",
                    fmt::format("The provided resource group name '{}' is not valid: at most {} "
                                "letters, digits, '-', '.', '(', ')' or '_', and no '.' at the "
                                "end.",
                                name,
                                kLongestGroupName));
    }
}

void refuse_deleting(const Resource& group) {
    if (is_being_removed(group)) {
        throw Error(ErrorKind::Conflict,
                    "ResourceGroupBeingDeleted",
                    fmt::format("The resource group '{}' is in deprovisioning state and cannot "
                                "perform this operation.",
                                group.name()));
    }
}

boost::json::object group_document(const Resource& group) {
    auto document = group.document();
    if (is_being_removed(group)) {
        document["properties"] = {{"provisioningState", "Deleting"}};
    }
    return document;
}

class ResourceGroups {
  public:
    ResourceGroups(const Services& services,
                   const Access& access,
                   std::shared_ptr<ResourceGroupRemoval> removal)
        : services_(services), access_(access), removal_(std::move(removal)) {}

    [[nodiscard]] Answer get(const Call& call) const {
        return resources::ok(group_document(require_group(call)));
    }

    [[nodiscard]] Answer put(const Call& call) const {
        check_group_name(call.name());
        return resources::write_in_turn(call, [&] {
            const auto known = services_.resources.find(call.path.key());
            const auto wanted = wanted_by(call, known ? &*known : nullptr);
            auto answer = write(call, wanted, known ? &*known : nullptr);
            answer.status = known ? 200 : 201;
            return answer;
        });
    }

    [[nodiscard]] Answer patch(const Call& call) const {
        return resources::write_in_turn(call, [&] {
            const auto known = require_group(call);
            auto wanted = known;
            const auto& body = call.object();
            if (body.contains("tags")) {
                wanted.tags = resources::tags_of(body);
            }
            take_manager(body, wanted);
            wanted.changed = base::now();
            return write(call, wanted, &known);
        });
    }

    // Nothing can be moved: ids are what images, rights and templates name each other by.
    [[noreturn]] static Answer refuse_move(const Call& call) {
        std::set<std::string> types;
        if (const auto* list = call.object().if_contains("resources"); list && list->is_array()) {
            for (const auto& id : list->get_array()) {
                const auto parsed =
                    arm::ResourceId::try_parse(id.is_string() ? std::string(id.get_string()) : "");
                types.insert(parsed ? parsed->provider() + "/" + parsed->type() : "(no id)");
            }
        }
        throw Error(ErrorKind::Conflict,
                    "ResourceMoveNotSupported",
                    fmt::format("Resource move is not supported for resource types '{}'.",
                                fmt::join(types, ",")));
    }

    [[nodiscard]] Answer remove(const Call& call) const {
        const auto group = require_group(call);
        static_cast<void>(resources::expectation_of(call, &group));
        return removal_->carry_out(call);
    }

    // A caller without a right at the subscription gets the groups that it may read.
    [[nodiscard]] Answer list(const Call& call) const {
        const auto read = fmt::format("{}/read", kPathType);
        const bool reads_all = access_.may(call.caller, read, call.path.key());
        resources::Keep keep;
        if (!reads_all) {
            keep = [&](const Resource& group) { return access_.may(call.caller, read, group.id); };
        }
        auto filter = filter_of(call);
        filter.type = kGroupType;
        return resources::list_page(call,
                                    group_type(std::string(kPathType)),
                                    services_.resources,
                                    filter,
                                    group_document,
                                    keep);
    }

  private:
    [[nodiscard]] Resource require_group(const Call& call) const {
        auto found = services_.resources.find(call.path.key());
        if (!found) {
            throw Error(
                ErrorKind::NotFound,
                "ResourceGroupNotFound",
                fmt::format("Resource group '{}' could not be found.", call.path.resource_group));
        }
        return std::move(*found);
    }

    static void take_manager(const boost::json::object& body, Resource& group) {
        if (body.contains("managedBy")) {
            const auto manager = text_member(body, "managedBy");
            group.body["managedBy"] = manager;
            if (manager.empty()) {
                group.body.erase("managedBy");
            }
        }
    }

    static Resource wanted_by(const Call& call, const Resource* known) {
        const auto read = resources::wanted_by(call, group_type(std::string(kPathType)), known);
        auto wanted = known != nullptr
                          ? *known
                          : new_resource_group(call.path.subscription, call.name(), read.location);
        wanted.tags = read.tags;
        wanted.changed = base::now();
        take_manager(call.object(), wanted);
        return wanted;
    }

    [[nodiscard]] Answer write(const Call& call,
                               const Resource& wanted,
                               const Resource* known) const {
        refuse_deleting(wanted);
        resources::Change change;
        change.writes.push_back({wanted, resources::expectation_of(call, known)});
        change.activities.push_back(
            resources::activity_of(call, fmt::format("{}/write", kPathType), wanted.id));
        static_cast<void>(services_.resources.apply(change));
        return resources::ok(group_document(wanted));
    }

    static resources::ResourceFilter filter_of(const Call& call) {
        const auto text = call.query_value("$filter");
        resources::ResourceFilter filter;
        for (const auto& term : resources::parse_filter(text, kGroupFilters)) {
            if (term.is_equal("tagname")) {
                filter.tag_name = term.value;
            } else if (term.is_equal("tagvalue")) {
                filter.tag_value = term.value;
            } else {
                throw resources::unsupported_filter(text, kGroupFilters);
            }
        }
        if (filter.tag_name.empty() && !text.empty()) {
            throw resources::unsupported_filter(text, kGroupFilters);
        }
        return filter;
    }

    const Services& services_;
    const Access& access_;
    std::shared_ptr<ResourceGroupRemoval> removal_;
};

}  // namespace

std::vector<ResourceType> resource_groups(const Services& services,
                                          const Access& access,
                                          const resources::LateRouter& router) {
    auto removal = std::make_shared<ResourceGroupRemoval>(services, router);
    const ResourceGroups verbs(services, access, removal);
    auto type = group_type(std::string(kPathType));
    type.get = [verbs](const Call& call) { return verbs.get(call); };
    type.put = [verbs](const Call& call) { return verbs.put(call); };
    type.patch = [verbs](const Call& call) { return verbs.patch(call); };
    type.remove = [verbs](const Call& call) { return verbs.remove(call); };
    type.list = [verbs](const Call& call) { return verbs.list(call); };
    type.list_is_open = true;
    for (const auto* move : {"moveresources", "validatemoveresources"}) {
        type.actions[move] = [](const Call& call) { return ResourceGroups::refuse_move(call); };
    }
    auto results = group_type("Microsoft.Resources/subscriptions/operationresults");
    results.has_location = results.in_group = false;
    results.open_to_all = true;  // its id is known to who was given it
    results.get = [removal](const Call& call) { return removal->result(call); };
    return {std::move(type), std::move(results)};
}

resources::Resource new_resource_group(const std::string& subscription,
                                       const std::string& name,
                                       const std::string& location) {
    Resource group;
    group.id = fmt::format("/subscriptions/{}/resourceGroups/{}", subscription, name);
    group.type = kGroupType;
    group.location = location;
    group.properties()["provisioningState"] = "Succeeded";
    group.created = group.changed = base::now();
    return group;
}

}  // namespace ingot::providers
