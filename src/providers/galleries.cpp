// SPDX-License-Identifier: Apache-2.0
#include "providers/galleries.h"

#include "base/error.h"
#include "providers/body_members.h"
#include "providers/compute_rules.h"
#include "resources/documents.h"

#include <cctype>

#include <fmt/format.h>

namespace ingot::providers {
namespace {

using resources::Call;
using resources::Resource;

constexpr std::string_view kGalleryType = "Microsoft.Compute/galleries";

std::string to_upper(std::string text) {
    for (char& c : text) {
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    return text;
}

std::string unique_name(const Resource& gallery) {
    const auto path = resources::RequestPath::parse(gallery.id);
    return (path ? path->subscription : "") + "-" + to_upper(gallery.name());
}

// A gallery's name stands alone in what names it to others, so it is unique in its subscription.
void refuse_second(resources::ResourceRepository& repository, const Call& call) {
    resources::ResourceFilter same_name;
    same_name.type = kGalleryType;
    same_name.subscription = call.path.subscription;
    same_name.name = call.name();
    if (!repository.list(same_name).empty()) {
        throw base::Error(
            base::ErrorKind::Conflict,
            "Conflict",
            fmt::format("The gallery name '{}' is not unique within the subscription '{}'. Please "
                        "pick another gallery name.",
                        call.name(),
                        call.path.subscription));
    }
}

void refuse_what_is_missing(const boost::json::object& properties) {
    const auto permissions =
        text_member(object_member(properties, "sharingProfile"), "permissions");
    if (!permissions.empty() && permissions != "Private") {
        throw invalid_parameter("gallery.properties.sharingProfile.permissions",
                                fmt::format("Galleries cannot be shared with '{}' here; give other "
                                            "principals a role assignment on the gallery instead.",
                                            permissions));
    }
    const auto& soft_delete = object_member(properties, "softDeletePolicy");
    const auto* enabled = soft_delete.if_contains("isSoftDeleteEnabled");
    if (enabled != nullptr && enabled->is_bool() && enabled->get_bool()) {
        throw invalid_parameter("gallery.properties.softDeletePolicy.isSoftDeleteEnabled",
                                "Soft deletion is not available: a deleted image is gone at once.");
    }
}

}  // namespace

resources::ResourceType galleries(const Services& services) {
    auto& repository = services.resources;
    resources::DocumentRules rules;
    rules.complete = [&repository](const Call& call, const Resource* known, Resource& wanted) {
        auto& properties = wanted.properties();
        drop_nulls(properties);
        if (known == nullptr) {
            check_name(call.name(), "galleryName", false);
            refuse_second(repository, call);
        }
        refuse_what_is_missing(properties);
        properties["identifier"] = boost::json::object{{"uniqueName", unique_name(wanted)}};
        properties["provisioningState"] = "Succeeded";
    };
    rules.before_removal = [&repository](
                               const Call& call, const auto& /*gallery*/, auto& /*change*/) {
        refuse_children(repository, call.path.key(), "Microsoft.Compute/galleries/images");
    };
    return resources::document_type({.name = std::string(kGalleryType),
                                     .api_versions = {"2025-03-03",
                                                      "2024-03-03",
                                                      "2023-07-03",
                                                      "2022-08-03",
                                                      "2022-03-03",
                                                      "2021-10-01",
                                                      "2021-07-01",
                                                      "2020-09-30",
                                                      "2019-12-01",
                                                      "2019-07-01",
                                                      "2019-03-01",
                                                      "2018-06-01"}},
                                    std::move(rules),
                                    repository);
}

}  // namespace ingot::providers
