// SPDX-License-Identifier: Apache-2.0
#include "identity/scope.h"

#include "base/ascii.h"

namespace ingot::identity {

std::string scope_key(std::string_view scope) {
    std::string key = "/";
    key.reserve(scope.size() + 1);
    for (const char c : base::to_lower(scope)) {
        if (c != '/' || key.back() != '/') {
            key += c;
        }
    }
    if (key.ends_with('/')) {
        key.pop_back();
    }
    return key;
}

bool key_contains(std::string_view outer, std::string_view inner) {
    return inner.starts_with(outer) && (inner.size() == outer.size() || inner[outer.size()] == '/');
}

bool scope_contains(std::string_view outer, std::string_view inner) {
    return key_contains(scope_key(outer), scope_key(inner));
}

}  // namespace ingot::identity
