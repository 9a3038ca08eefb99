// SPDX-License-Identifier: Apache-2.0
#include "resources/documents.h"

#include "base/ascii.h"
#include "base/error.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <iterator>
#include <utility>

#include <boost/json/array.hpp>
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
    constexpr std::string_view kSetByAzure[] = {
        "id", "name", "type", "location", "tags", "etag", "systemData"};
    return std::find(std::begin(kSetByAzure), std::end(kSetByAzure), name) != std::end(kSetByAzure);
}

[[noreturn]] void fail_precondition() {
    throw Error(ErrorKind::PreconditionFailed,
                "PreconditionFailed",
                "The condition of the If-Match or If-None-Match header was not met: the resource "
                "was changed, or is or is not there.");
}

std::size_t page_size(const Call& call) {
    const auto top = call.query_value("$top");
    if (top.empty()) {
        return kPageSize;
    }
    std::size_t limit = 0;
    const auto* end = top.data() + top.size();
    const auto read = std::from_chars(top.data(), end, limit);
    if (read.ec == std::errc::invalid_argument || read.ptr != end || limit == 0) {
        throw Error(
            ErrorKind::InvalidArgument,
            "InvalidTopQueryParameter",
            fmt::format("The query parameter '$top' must be a positive number, not '{}'.", top));
    }
    return std::min(limit, kLargestPage);
}

std::string percent_encoded(std::string_view text) {
    std::string encoded;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain =
            std::isalnum(byte) != 0 || std::string_view("-._~/").find(c) != std::string_view::npos;
        encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
    }
    return encoded;
}

// Takes one entry more than it shows, so as to know whether there is another page.
class Page {
  public:
    explicit Page(std::size_t limit) : limit_(limit) {}

    void add(ListEntry entry) {
        if (value_.size() < limit_) {
            last_ = std::move(entry.key);
            value_.push_back(std::move(entry.document));
        } else {
            more_ = true;
        }
    }

    [[nodiscard]] Answer answer(const Call& call) {
        boost::json::object page{{"value", std::move(value_)}};
        if (more_) {
            page["nextLink"] =
                next_link(call, {{"$top", std::to_string(limit_)}, {"$skipToken", last_}});
        }
        return ok(std::move(page));
    }

  private:
    std::size_t limit_;
    boost::json::array value_;
    std::string last_;
    bool more_ = false;
};

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
        return write_in_turn(call, [&] {
            const auto known = repository.find(call.path.key());
            const auto* before = known ? &*known : nullptr;
            return store(call, wanted_by(call, type, before), before);
        });
    }

    [[nodiscard]] Answer patch(const Call& call) const {
        return write_in_turn(call, [&] {
            const auto known = require(repository, call);
            auto wanted = known;
            const auto& body = call.object();
            wanted.changed = base::now();
            if (body.contains("tags")) {
                wanted.tags = tags_of(body);
            }
            if (const auto* more = body.if_contains("properties"); more && more->is_object()) {
                merge(wanted.properties(), more->get_object());
            }
            return store(call, std::move(wanted), &known);
        });
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
        wanted.tags = tags_of(call.object());
    }
    for (const auto& [name, value] : call.object()) {
        if (!is_arms_own(name)) {
            wanted.body[name] = value;
        }
    }
    return wanted;
}

boost::json::object tags_of(const boost::json::object& body) {
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

Answer write_in_turn(const Call& call, const std::function<Answer()>& write) {
    constexpr int kMostTurns = 50;
    const bool has_precondition = !call.if_match.empty() || !call.if_none_match.empty();
    for (int turn = 1;; ++turn) {
        try {
            return write();
        } catch (const Error& error) {
            const bool crossed = error.code() == "PreconditionFailed" ||  // changed or removed
                                 error.code() == "ResourceConflict";      // made
            if (!crossed || has_precondition || turn == kMostTurns) {
                throw;
            }
        }
    }
}

Answer list_page(const Call& call,
                 const ResourceType& type,
                 ResourceRepository& repository,
                 ResourceFilter filter,
                 const Show& show,
                 const Keep& keep) {
    const auto limit = page_size(call);
    filter.type = filter.type.empty() ? type.name : filter.type;
    filter.subscription = call.path.subscription;
    filter.group = call.path.resource_group;
    filter.below = call.path.names.empty() ? filter.below : call.path.key();
    filter.after = call.query_value("$skiptoken");
    filter.limit = keep ? 0 : limit + 1;
    Page page(limit);
    for (const auto& resource : repository.list(filter)) {
        if (!keep || keep(resource)) {
            page.add({key_of(resource.id), show(resource)});
        }
    }
    return page.answer(call);
}

std::string next_link(const Call& call, const std::map<std::string, std::string>& changed) {
    auto query = call.query;
    query["api-version"] = call.api_version;
    for (const auto& [name, value] : changed) {
        query.erase(base::to_lower(name));
        query[name] = value;
    }
    auto link = call.base_url + call.raw_path;
    char separator = '?';
    for (const auto& [name, value] : query) {
        link += separator + name + "=" + percent_encoded(value);
        separator = '&';
    }
    return link;
}

Answer page_of(const Call& call, std::vector<ListEntry> entries) {
    const auto after = base::to_lower(call.query_value("$skiptoken"));
    Page page(page_size(call));
    for (auto& entry : entries) {
        if (after.empty() || entry.key > after) {
            page.add(std::move(entry));
        }
    }
    return page.answer(call);
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
