// SPDX-License-Identifier: Apache-2.0
#include "templates/reading/parts.h"
#include "templates/schema/text_checks.h"

#include <fmt/format.h>

namespace ingot::templates {

// The service takes exactly one user-assigned identity, and no other kind.
void check_identity(const Node& resource, Findings& findings) {
    if (!resource.has("identity") || findings.has_error_within(resource.path() / "identity")) {
        return;
    }
    const Node identity = resource.child("identity");
    const Node assigned = identity.child("userAssignedIdentities");
    const auto ids = assigned.keys();
    for (const auto& id : ids) {
        if (!is_identity_id(id)) {
            findings.bad_value(identity.path(),
                               "userAssignedIdentities",
                               boost::json::value(id),
                               "It must be the id of a user-assigned identity.");
        }
    }
    const std::size_t wanted = identity.text("type") == "UserAssigned" ? 1 : 0;
    if (ids.empty() && wanted == 1) {
        findings.missing(identity.path(), "userAssignedIdentities");
    } else if (ids.size() != wanted) {
        findings.invalid("ValidationFailed",
                         assigned.path(),
                         fmt::format("{} identities are given; the type '{}' takes {}.",
                                     ids.size(),
                                     identity.text("type"),
                                     wanted == 1 ? "exactly one" : "none"));
    }
}

}  // namespace ingot::templates
