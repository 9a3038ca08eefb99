// SPDX-License-Identifier: Apache-2.0
#include "providers/generic_resources.h"

#include "arm/regions.h"
#include "base/ascii.h"
#include "base/error.h"
#include "identity/permission.h"
#include "providers/body_members.h"
#include "resources/documents.h"
#include "resources/filter.h"

#include <algorithm>
#include <set>
#include <utility>

#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using boost::json::object;
using resources::Answer;
using resources::Call;
using resources::Resource;
using resources::ResourceType;

constexpr std::string_view kResourceFilters =
    "resourceGroup eq 'name', name eq 'name', resourceType eq 'namespace/type', location eq "
    "'name', tagName eq 'name', tagName eq 'name' and tagValue eq 'value', and these joined by "
    "'and'";
constexpr std::string_view kExpansions[] = {"createdTime", "changedTime", "provisioningState"};
// Members of a resource that the list shows beside what all have.
constexpr std::string_view kShown[] = {"kind", "managedBy", "sku", "plan", "identity"};

// What a $filter asks for beyond what the repository narrows by itself.
struct WantedResources {
    resources::ResourceFilter filter{};
    std::string full_name{};  // gallery/definition
    std::string location{};
    bool nothing = false;  // two groups at once
};

void narrow_group(const std::string& group, WantedResources& wanted) {
    wanted.nothing = wanted.nothing || (!wanted.filter.group.empty() &&
                                        !base::equal_ignoring_case(wanted.filter.group, group));
    wanted.filter.group = group;
}

void take(const resources::FilterTerm& term, const std::string& text, WantedResources& wanted) {
    auto& filter = wanted.filter;
    if (term.is_equal("resourcegroup")) {
        narrow_group(term.value, wanted);
    } else if (term.is_equal("name")) {
        (term.value.find('/') == std::string::npos ? filter.name : wanted.full_name) = term.value;
    } else if (term.is_equal("resourcetype")) {
        filter.type = term.value;
    } else if (term.is_equal("location")) {
        wanted.location = arm::region_name(term.value);
    } else if (term.is_equal("tagname")) {
        filter.tag_name = term.value;
    } else if (term.is_equal("tagvalue")) {
        filter.tag_value = term.value;
    } else {
        throw resources::unsupported_filter(text, kResourceFilters);
    }
}

WantedResources wanted_resources(const Call& call) {
    const auto text = call.query_value("$filter");
    WantedResources wanted;
    wanted.filter.subscription = call.path.subscription;
    wanted.filter.group = call.path.resource_group;
    for (const auto& term : resources::parse_filter(text, kResourceFilters)) {
        if (term.value.empty() && term.name != "tagvalue") {
            throw resources::unsupported_filter(text, kResourceFilters);
        }
        take(term, text, wanted);
    }
    if (!wanted.filter.tag_value.empty() && wanted.filter.tag_name.empty()) {
        throw resources::unsupported_filter(text, kResourceFilters);
    }
    return wanted;
}

std::set<std::string> expansions_of(const Call& call) {
    std::set<std::string> asked;
    const auto text = call.query_value("$expand");
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto comma = std::min(rest.find(','), rest.size());
        const auto word = base::to_lower(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        const auto known = std::ranges::find_if(
            kExpansions, [&](auto name) { return base::to_lower(name) == word; });
        if (known == std::end(kExpansions)) {
            throw Error(ErrorKind::InvalidArgument,
                        "InvalidExpandQueryParameter",
                        fmt::format("Invalid $expand '{}' specified in the query string. Supported "
                                    "here: {}.",
                                    text,
                                    fmt::join(kExpansions, ", ")));
        }
        asked.emplace(*known);
    }
    return asked;
}

// "gallery/definition/version", as this list alone names what is below something.
std::string full_name_of(const Resource& resource) {
    const auto path = resources::RequestPath::parse(resource.id);
    return path ? fmt::format("{}", fmt::join(path->names, "/")) : resource.name();
}

object entry_of(const Resource& resource, const std::set<std::string>& expansions) {
    object entry{{"id", resource.id},
                 {"name", full_name_of(resource)},
                 {"type", resource.type},
                 {"location", resource.location},
                 {"tags", resource.tags}};
    for (const auto name : kShown) {
        if (const auto* member = resource.body.if_contains(name)) {
            entry[name] = *member;
        }
    }
    if (expansions.contains("createdTime")) {
        entry["createdTime"] = base::to_rfc3339(resource.created);
    }
    if (expansions.contains("changedTime")) {
        entry["changedTime"] = base::to_rfc3339(resource.changed);
    }
    if (expansions.contains("provisioningState")) {
        const auto state = text_member(resource.properties(), "provisioningState");
        entry["provisioningState"] = state.empty() ? "Succeeded" : state;
    }
    return entry;
}

class GenericResources {
  public:
    GenericResources(const Services& services,
                     const Access& access,
                     const resources::LateRouter& router)
        : services_(services), access_(access), router_(router) {}

    [[nodiscard]] Answer list(const Call& call) const {
        check_scope(call);
        const auto wanted = wanted_resources(call);
        const auto expansions = expansions_of(call);
        std::vector<resources::ListEntry> entries;
        for (const auto& resource :
             wanted.nothing ? std::vector<Resource>() : services_.resources.list(wanted.filter)) {
            if (is_shown(call, resource) && matches(wanted, resource)) {
                entries.push_back({resources::key_of(resource.id), entry_of(resource, expansions)});
            }
        }
        return resources::page_of(call, std::move(entries));
    }

  private:
    void check_scope(const Call& call) const {
        const auto scope = call.path.key();
        if (!access_.knows(call.caller, scope)) {
            throw identity::authorization_failed(call.caller.client_id,
                                                 call.caller.object_id,
                                                 "Microsoft.Resources/subscriptions/resources/read",
                                                 scope);
        }
        if (!call.path.resource_group.empty() && !services_.resources.find(scope)) {
            throw Error(
                ErrorKind::NotFound,
                "ResourceGroupNotFound",
                fmt::format("Resource group '{}' could not be found.", call.path.resource_group));
        }
    }

    // Groups and subscriptions have locations or none, but are no resources of a group.
    [[nodiscard]] bool is_shown(const Call& call, const Resource& resource) const {
        const auto* type = router_->type_named(resource.type);
        return !resource.location.empty() && !resource.type.starts_with("Microsoft.Resources/") &&
               (type == nullptr || type->has_location) &&
               access_.may(call.caller, resource.type + "/read", resource.id);
    }

    static bool matches(const WantedResources& wanted, const Resource& resource) {
        return (wanted.location.empty() || resource.location == wanted.location) &&
               (wanted.full_name.empty() ||
                base::equal_ignoring_case(full_name_of(resource), wanted.full_name));
    }

    const Services& services_;
    const Access& access_;
    const resources::LateRouter& router_;
};

ResourceType list_type(std::string_view name, const GenericResources& verbs) {
    ResourceType type;
    type.name = name;
    type.api_versions = {"2024-03-01", "2022-09-01", "2021-04-01", "2020-06-01", "2019-10-01"};
    type.has_location = type.in_group = false;
    type.list_is_open = true;
    type.list = [verbs](const Call& call) { return verbs.list(call); };
    return type;
}

}  // namespace

std::vector<ResourceType> generic_resources(const Services& services,
                                            const Access& access,
                                            const resources::LateRouter& router) {
    const GenericResources verbs(services, access, router);
    return {list_type("Microsoft.Resources/subscriptions/resources", verbs),
            list_type("Microsoft.Resources/subscriptions/resourceGroups/resources", verbs)};
}

}  // namespace ingot::providers
