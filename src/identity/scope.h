// SPDX-License-Identifier: Apache-2.0
// Scopes of role assignments: "/", a subscription, a resource group, a resource, a child resource,
// as ARM ids. Only how they contain one another; whether such a thing exists is not its business.
#pragma once

#include <string>
#include <string_view>

namespace ingot::identity {

// One spelling for all spellings of a scope: lower case, one slash in front, none doubled, none at
// the end; empty for the root. Not a scope to print.
[[nodiscard]] std::string scope_key(std::string_view scope);

// Whether `outer` contains `inner` or is the same; both as scope_key() made them. By whole
// segments: /subscriptions/s/resourcegroups/a does not contain …/ab.
[[nodiscard]] bool key_contains(std::string_view outer, std::string_view inner);

// The same for scopes as they were written.
[[nodiscard]] bool scope_contains(std::string_view outer, std::string_view inner);

}  // namespace ingot::identity
