// SPDX-License-Identifier: Apache-2.0
// The verbs of a resource that is a document and nothing more: PUT completes, checks and stores it,
// GET and the lists show it, PATCH merges tags and properties into it, DELETE removes it; with
// etags, paging and the activity log. A type gives its rules; types with a life of their own use
// the pieces below.
#pragma once

#include "resources/resource_repository.h"
#include "resources/resource_type.h"

#include <functional>
#include <string>

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

// What If-Match and If-None-Match ask for; otherwise that nobody else writes meanwhile. Throws
// Error{PreconditionFailed}.
[[nodiscard]] Expectation expectation_of(const Call& call, const Resource* known);

[[nodiscard]] Activity activity_of(const Call& call,
                                   const std::string& action,
                                   const std::string& resource_id);

// One page of {value, nextLink}; `show` makes each entry. The filter's type, subscription, group
// and page are filled in from the call.
using Show = std::function<boost::json::object(const Resource& resource)>;
[[nodiscard]] Answer list_page(const Call& call,
                               const ResourceType& type,
                               ResourceRepository& repository,
                               ResourceFilter filter,
                               const Show& show);

// RFC 7396, as ARM merges: members of `patch` that are null remove.
void merge(boost::json::object& into, const boost::json::object& patch);

}  // namespace ingot::resources
