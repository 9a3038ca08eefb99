// SPDX-License-Identifier: Apache-2.0
#include "resources/documents.h"

#include "base/ascii.h"
#include "base/error.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace ingot::resources {
namespace {

using base::Error;
using base::ErrorKind;

constexpr std::size_t kPageSize = 100;
constexpr std::size_t kLargestPage = 1000;
// Azure Resource Manager's limits on tags.
constexpr std::size_t kMostTags = 50;
constexpr std::size_t kLongestTagName = 512;
constexpr std::size_t kLongestTagValue = 256;

// "West US 2" and "westus2" are one place.
std::string plain_location(std::string_view text) {
    std::string plain;
    for (const char c : text) {
        if (c != ' ') {
            plain += c;
        }
    }
    return base::to_lower(plain);
}

std::string location_in(const Call& call, const Resource* known) {
    const auto* member = call.object().if_contains("location");
    if (member == nullptr || !member->is_string() || member->get_string().empty()) {
        if (known != nullptr) {
            return known->location;
        }
        throw Error(ErrorKind::InvalidArgument,
                    "LocationRequired",
                    "The location property is required for this definition.");
    }
    auto location = plain_location(std::string_view(member->get_string()));
    if (known != nullptr && known->location != location) {
        throw Error(
            ErrorKind::Conflict,
            "InvalidResourceLocation",
            fmt::format("The resource '{}' already exists in location '{}' in resource group '{}'. "
                        "A resource with the same name cannot be created in location '{}'. Please "
                        "select a new resource name.",
                        call.name(),
                        known->location,
                        call.path.resource_group,
                        location));
    }
    return location;
}

boost::json::object tags_in(const boost::json::object& body) {
    const auto* member = body.if_contains("tags");
    if (member == nullptr || member->is_null()) {
        return {};
    }
    const auto refuse = [](const std::string& what) {
        return Error(ErrorKind::InvalidArgument, "InvalidTags", what, "tags");
    };
    if (!member->is_object()) {
        throw refuse("The tags must be an object of strings.");
    }
    for (const auto& [name, value] : member->get_object()) {
        if (!value.is_string() || name.size() > kLongestTagName ||
            value.get_string().size() > kLongestTagValue) {
            throw refuse(fmt::format("The tag '{}' must be a string of at most {} characters.",
                                     std::string_view(name).substr(0, kLongestTagName),
                                     kLongestTagValue));
        }
    }
    if (member->get_object().size() > kMostTags) {
        throw refuse(fmt::format("A resource has at most {} tags.", kMostTags));
    }
    return member->get_object();
}

Answer with_etag(Answer answer, const Resource& resource) {
    answer.headers.emplace_back("ETag", "\"" + resource.etag + "\"");
    return answer;
}

std::string unquoted(std::string text) {
    std::erase(text, '"');
    return text;
}

// Members that Azure Resource Manager sets itself; az sends some of them back in an update.
bool is_arms_own(std::string_view name) {
    constexpr std::string_view kOwn[] = {
        "id", "name", "type", "location", "tags", "etag", "systemData"};
    return std::find(std::begin(kOwn), std::end(kOwn), name) != std::end(kOwn);
}

[[noreturn]] void fail_precondition() {
    throw Error(ErrorKind::PreconditionFailed,
                "PreconditionFailed",
                "The condition of the If-Match or If-None-Match header was not met: the resource "
                "was changed, or is or is not there.");
}

// A type's verbs. Copied into each of them, so that a ResourceType is a plain value.
struct Documents {
    ResourceType type;
    DocumentRules rules;
    ResourceRepository& repository;

    [[nodiscard]] boost::json::object shown(const Call& call, const Resource& resource) const {
        auto document = resource.document();
        if (rules.show) {
            rules.show(call, resource, document);
        }
        return document;
    }

    [[nodiscard]] Answer store(const Call& call, Resource wanted, const Resource* known) const {
        if (rules.complete) {
            rules.complete(call, known, wanted);
        }
        Change change;
        change.writes.push_back({wanted, expectation_of(call, known)});
        change.activities.push_back(activity_of(call, type.name + "/write", wanted.id));
        wanted.etag = repository.apply(change);
        auto answer = ok(shown(call, wanted));
        answer.status = known == nullptr ? rules.created_status : rules.replaced_status;
        return with_etag(std::move(answer), wanted);
    }

    [[nodiscard]] Answer get(const Call& call) const {
        const auto resource = require(repository, call);
        return with_etag(ok(shown(call, resource)), resource);
    }

    [[nodiscard]] Answer put(const Call& call) const {
        const auto known = repository.find(call.path.key());
        const auto* before = known ? &*known : nullptr;
        return store(call, wanted_by(call, type, before), before);
    }

    [[nodiscard]] Answer patch(const Call& call) const {
        const auto known = require(repository, call);
        auto wanted = known;
        const auto& body = call.object();
        if (body.contains("tags")) {
            wanted.tags = tags_in(body);
        }
        if (const auto* more = body.if_contains("properties"); more && more->is_object()) {
            merge(wanted.properties(), more->get_object());
        }
        return store(call, std::move(wanted), &known);
    }

    [[nodiscard]] Answer remove(const Call& call) const {
        const auto known = repository.find(call.path.key());
        if (!known) {
            return no_content();
        }
        Change change;
        change.removals.push_back({call.path.key(), expectation_of(call, &*known)});
        change.activities.push_back(activity_of(call, type.name + "/delete", known->id));
        if (rules.before_removal) {
            rules.before_removal(call, *known, change);
        }
        static_cast<void>(repository.apply(change));
        return Answer{};
    }

    [[nodiscard]] Answer list(const Call& call) const {
        return list_page(call, type, repository, {}, [&](const Resource& resource) {
            return shown(call, resource);
        });
    }
};

}  // namespace

ResourceType document_type(ResourceType type, DocumentRules rules, ResourceRepository& repository) {
    const Documents verbs{type, std::move(rules), repository};
    type.get = [verbs](const Call& call) { return verbs.get(call); };
    type.put = [verbs](const Call& call) { return verbs.put(call); };
    type.patch = [verbs](const Call& call) { return verbs.patch(call); };
    type.remove = [verbs](const Call& call) { return verbs.remove(call); };
    type.list = [verbs](const Call& call) { return verbs.list(call); };
    return type;
}

Resource require(ResourceRepository& repository, const Call& call) {
    auto found = repository.find(call.path.key());
    if (!found) {
        throw Error(ErrorKind::NotFound,
                    "ResourceNotFound",
                    fmt::format("The Resource '{}/{}/{}' under resource group '{}' was not found. "
                                "For more details please go to "
                                "https://aka.ms/ARMResourceNotFoundFix",
                                call.path.provider,
                                call.path.types.back(),
                                call.name(),
                                call.path.resource_group));
    }
    return std::move(*found);
}

Resource wanted_by(const Call& call, const ResourceType& type, const Resource* known) {
    Resource wanted;
    wanted.id = known != nullptr ? known->id : call.path.id(type.name);
    wanted.type = type.name;
    wanted.created = known != nullptr ? known->created : base::now();
    wanted.changed = base::now();
    if (type.has_location) {
        wanted.location = location_in(call, known);
        wanted.tags = tags_in(call.object());
    }
    for (const auto& [name, value] : call.object()) {
        if (!is_arms_own(name)) {
            wanted.body[name] = value;
        }
    }
    return wanted;
}

Expectation expectation_of(const Call& call, const Resource* known) {
    if (!call.if_none_match.empty() && known != nullptr) {
        fail_precondition();
    }
    if (!call.if_match.empty()) {
        const auto etag = unquoted(call.if_match);
        if (known == nullptr || (etag != "*" && etag != known->etag)) {
            fail_precondition();
        }
    }
    return known == nullptr ? Expectation::absent() : Expectation::unchanged(*known);
}

Activity activity_of(const Call& call, const std::string& action, const std::string& resource_id) {
    return {.time = base::now(),
            .caller = call.caller.name,
            .action = action,
            .resource_id = resource_id,
            .correlation_id = call.correlation_id,
            .status = "Succeeded"};
}

Answer list_page(const Call& call,
                 const ResourceType& type,
                 ResourceRepository& repository,
                 ResourceFilter filter,
                 const Show& show) {
    std::size_t limit = kPageSize;
    const auto top = call.query_value("$top");
    std::from_chars(top.data(), top.data() + top.size(), limit);
    limit = std::clamp<std::size_t>(limit, 1, kLargestPage);
    filter.type = filter.type.empty() ? type.name : filter.type;
    filter.subscription = call.path.subscription;
    filter.group = call.path.resource_group;
    filter.below = call.path.names.empty() ? filter.below : call.path.key();
    filter.after = call.query_value("$skiptoken");
    filter.limit = limit + 1;
    auto found = repository.list(filter);
    boost::json::object page;
    const bool more = found.size() > limit;
    found.resize(std::min(found.size(), limit));
    auto& value = page["value"].emplace_array();
    for (const auto& resource : found) {
        value.push_back(show(resource));
    }
    if (more) {
        page["nextLink"] = fmt::format("{}{}?api-version={}&$top={}&$skipToken={}",
                                       call.base_url,
                                       call.raw_path,
                                       call.api_version,
                                       limit,
                                       key_of(found.back().id));
    }
    return ok(std::move(page));
}

void merge(boost::json::object& into, const boost::json::object& patch) {
    for (const auto& [name, value] : patch) {
        if (value.is_null()) {
            into.erase(name);
        } else if (value.is_object()) {
            auto& member = into[name];
            merge(member.is_object() ? member.get_object() : member.emplace_object(),
                  value.get_object());
        } else {
            into[name] = value;
        }
    }
}

}  // namespace ingot::resources
