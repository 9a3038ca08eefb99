// SPDX-License-Identifier: Apache-2.0
// The verbs of a resource that is a document and nothing more: PUT completes, checks and stores it,
// GET and the lists show it, PATCH merges tags and properties into it, DELETE removes it; with
// etags, paging and the activity log. A type gives its rules; types with a life of their own use
// the pieces below.
#pragma once

#include "resources/resource_repository.h"
#include "resources/resource_type.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace ingot::resources {

struct DocumentRules {
    // Completes and checks what a PUT brought; `known` is what is stored, if anything is. Throws
    // base::Error for what cannot be.
    std::function<void(const Call& call, const Resource* known, Resource& wanted)> complete{};
    // Changes what a client is shown.
    std::function<void(const Call& call, const Resource& resource, boost::json::object& document)>
        show{};
    // Refuses a removal by throwing, or adds to it.
    std::function<void(const Call& call, const Resource& resource, Change& change)>
        before_removal{};
    int created_status = 201;
    int replaced_status = 200;
};

// `type` with its verbs filled in.
[[nodiscard]] ResourceType document_type(ResourceType type,
                                         DocumentRules rules,
                                         ResourceRepository& repository);

// --- pieces
// ---------------------------------------------------------------------------------------

// Throws Error{NotFound, "ResourceNotFound"} in ARM's words.
[[nodiscard]] Resource require(ResourceRepository& repository, const Call& call);

// The resource that a PUT's body describes: location, tags and the rest of the body taken over from
// it, what ARM sets itself dropped. Throws for a missing or changed location and for bad tags.
[[nodiscard]] Resource wanted_by(const Call& call, const ResourceType& type, const Resource* known);

// The tags in a body; none if it has none. Throws Error{InvalidArgument, "InvalidTags"}.
[[nodiscard]] boost::json::object tags_of(const boost::json::object& body);

// What If-Match and If-None-Match ask for; otherwise that nobody else writes meanwhile. Throws
// Error{PreconditionFailed}.
[[nodiscard]] Expectation expectation_of(const Call& call, const Resource* known);

[[nodiscard]] Activity activity_of(const Call& call,
                                   const std::string& action,
                                   const std::string& resource_id);

// Does `write` again when somebody else wrote between its reading and its writing, unless the
// client asked for a precondition: then its failing is the answer.
[[nodiscard]] Answer write_in_turn(const Call& call, const std::function<Answer()>& write);

// One page of {value, nextLink}; `show` makes each entry, and `keep`, if given, leaves entries out.
// The filter's type, subscription, group and page are filled in from the call. Throws
// Error{InvalidArgument} for a $top that is no number.
using Show = std::function<boost::json::object(const Resource& resource)>;
using Keep = std::function<bool(const Resource& resource)>;
[[nodiscard]] Answer list_page(const Call& call,
                               const ResourceType& type,
                               ResourceRepository& repository,
                               ResourceFilter filter,
                               const Show& show,
                               const Keep& keep = {});

// The same for entries from elsewhere, all of them, in the order of their keys.
struct ListEntry {
    std::string key{};
    boost::json::object document{};
};

[[nodiscard]] Answer page_of(const Call& call, std::vector<ListEntry> entries);

// The URL of the same request with these query parameters instead of its own.
[[nodiscard]] std::string next_link(const Call& call,
                                    const std::map<std::string, std::string>& changed);

// RFC 7396, as ARM merges: members of `patch` that are null remove.
void merge(boost::json::object& into, const boost::json::object& patch);

}  // namespace ingot::resources
