// SPDX-License-Identifier: Apache-2.0
// The path of a request to Azure Resource Manager, taken apart: which resource type it speaks of,
// which resource or collection of it, and on what scope. Forgiving where clients are sloppy (empty
// segments, a trailing slash, any case); what a type does with it is resource_type.h's matter.
//
// What stands before any provider is Microsoft.Resources' own, under its real type names:
//   /subscriptions/S/resourcegroups/G  is  Microsoft.Resources/subscriptions/resourceGroups
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::resources {

struct RequestPath {
    std::string subscription{};    // as written; empty at tenant level
    std::string resource_group{};  // as written; empty above a group
    // What the last provider segment stands on: empty, a subscription, a group or, for extension
    // resources such as role assignments, any resource. As written, with a leading slash.
    std::string scope{};
    std::string provider{};            // Microsoft.Compute
    std::vector<std::string> types{};  // galleries, images: one for each name
    std::vector<std::string> names{};
    std::string tail{};  // a last segment without a name: a collection or an action
    // False where the path names no provider and so means Microsoft.Resources.
    bool has_provider = false;

    // Nothing for what cannot be a path: bad percent-encoding, control characters, text that is not
    // UTF-8, "." or "..", a first word that is not Azure Resource Manager's, and a second spelling
    // of what stands before any provider (/providers/Microsoft.Resources/subscriptions/S). `raw` is
    // what stands before the '?'.
    [[nodiscard]] static std::optional<RequestPath> parse(std::string_view raw);

    // "microsoft.compute/galleries/images", without the tail. A key to look types up by.
    [[nodiscard]] std::string type_key() const;
    // The resource's id in lower case, equal for equal resources. Without the tail.
    [[nodiscard]] std::string key() const;
    // The same as written, with `provider` and `types` in the case given (as registered).
    [[nodiscard]] std::string id(std::string_view registered_type) const;
};

// How a path says an id: /subscriptions/S/resourceGroups/G becomes a key the same way.
[[nodiscard]] std::string key_of(std::string_view id);

}  // namespace ingot::resources
