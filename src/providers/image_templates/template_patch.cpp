// SPDX-License-Identifier: Apache-2.0
#include "providers/image_templates/template_patch.h"

#include "base/ascii.h"
#include "base/error.h"
#include "providers/image_templates/template_document.h"
#include "resources/documents.h"
#include "templates/schema/text_checks.h"

#include <algorithm>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using boost::json::object;
using boost::json::value;
using resources::Call;
using resources::Resource;
using templates::ApiVersion;

Error invalid(const std::string& message) {
    return {ErrorKind::InvalidArgument, "ValidationFailed", "Validation failed: " + message};
}

const object& object_of(const value& given, std::string_view field) {
    if (!given.is_object()) {
        throw invalid(fmt::format("'{}' must be an object.", field));
    }
    return given.get_object();
}

void patch_tags(const value& given, Resource& wanted) {
    resources::merge(wanted.tags, object_of(given, "tags"));
    wanted.tags = resources::tags_of({{"tags", wanted.tags}});
}

// A null below userAssignedIdentities removes that one; ids are compared without case, and az sends
// them in lower case. One may remain.
void patch_identity(const value& given, Resource& wanted) {
    const auto& identity = object_of(given, "identity");
    if (text_in(identity, "type") == "None") {
        wanted.body.erase("identity");
        return;
    }
    object ids;
    if (const auto current = identity_of(wanted)) {
        ids[*current] = object();
    }
    const auto* wished = identity.if_contains("userAssignedIdentities");
    bool adds = false;
    if (wished != nullptr) {
        for (const auto& [id, change] : object_of(*wished, "userAssignedIdentities")) {
            const auto same =
                std::ranges::find_if(ids, [wanted_id = std::string_view(id)](const auto& known) {
                    return base::equal_ignoring_case(known.key(), wanted_id);
                });
            if (same != ids.end() && change.is_null()) {
                ids.erase(same);
            } else if (same == ids.end() && !change.is_null()) {
                if (!templates::is_identity_id(id)) {
                    throw invalid(
                        fmt::format("'ImageTemplate.identity': '{}' is not the id of a "
                                    "user-assigned identity.",
                                    std::string_view(id)));
                }
                ids[id] = object();
                adds = true;
            }
        }
    }
    if (ids.size() > 1 && adds) {
        // A new one stands in for the old one, as the service swaps them.
        ids.erase(ids.begin());
    }
    if (ids.size() != 1) {
        throw invalid("'ImageTemplate.identity': exactly one user-assigned identity is supported.");
    }
    wanted.body["identity"] = {{"type", "UserAssigned"}, {"userAssignedIdentities", ids}};
}

bool names_output(const value& distributor, std::string_view name) {
    return distributor.is_object() && text_in(distributor.get_object(), "runOutputName") == name;
}

void refuse_dropped_targets(const value& before, const value& after) {
    if (!after.is_array()) {
        throw invalid("'ImageTemplate.properties.distribute' must be a list.");
    }
    for (const auto& target : before.get_array()) {
        const auto name = text_in(target.get_object(), "runOutputName");
        const auto& kept = after.get_array();
        if (std::ranges::none_of(kept, [&](const value& one) { return names_output(one, name); })) {
            throw invalid(fmt::format(
                "Distribute target with Runoutput name {} not found in the update request. "
                "Deleting a distribution target is not allowed.",
                name));
        }
    }
}

// The changed parts are read as parts of a whole template, so that they are checked like one.
Resource reread(const Call& call, const Resource& known, const object& properties) {
    auto body = template_document(known, std::nullopt, version_of(call));
    auto& whole = body["properties"].get_object();
    for (const auto& [name, member] : properties) {
        whole[name] = member;
    }
    auto again = call;
    again.body = body;
    return read_submitted(again);
}

void patch_properties(const Call& call, const value& given, Resource& wanted) {
    const auto& properties = object_of(given, "properties");
    const auto version = version_of(call);
    for (const auto& [name, member] : properties) {
        const bool can = (name == "distribute" && version >= ApiVersion::V2023_07_01) ||
                         (name == "vmProfile" && version >= ApiVersion::V2024_02_01);
        if (!can) {
            throw invalid(
                fmt::format("'ImageTemplate.properties': Field '{}' cannot be updated in "
                            "api-version {}.",
                            std::string_view(name),
                            call.api_version));
        }
        if (name == "distribute") {
            refuse_dropped_targets(wanted.properties().at("distribute"), member);
        }
    }
    const auto changed = reread(call, wanted, properties);
    for (const auto& [name, member] : properties) {
        if (const auto* now = changed.properties().if_contains(name)) {
            wanted.properties()[name] = *now;
        }
    }
}

}  // namespace

Resource patched(const Call& call, const Resource& known) {
    auto wanted = known;
    wanted.changed = base::now();
    const auto& body = call.object();
    for (const auto& [name, member] : body) {
        if (name != "tags" && name != "identity" && name != "properties") {
            refuse_unknown_field(version_of(call), "ImageTemplateUpdateParameters", name);
        }
    }
    if (const auto* tags = body.if_contains("tags")) {
        patch_tags(*tags, wanted);
    }
    const auto* identity = body.if_contains("identity");
    if (identity != nullptr && version_of(call) >= ApiVersion::V2019_05_01_preview) {
        patch_identity(*identity, wanted);
    }
    const auto* properties = body.if_contains("properties");
    if (properties != nullptr && !object_of(*properties, "properties").empty()) {
        patch_properties(call, *properties, wanted);
    }
    return wanted;
}

}  // namespace ingot::providers
