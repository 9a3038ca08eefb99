// SPDX-License-Identifier: Apache-2.0
#include "providers/features.h"

#include "base/ascii.h"
#include "base/error.h"
#include "providers/namespaces.h"
#include "resources/documents.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace ingot::providers {
namespace {

using base::Error;
using base::ErrorKind;
using boost::json::object;
using resources::Answer;
using resources::Call;
using resources::Resource;
using resources::ResourceType;

constexpr std::string_view kFeatures = "Microsoft.Features/providers/features";
constexpr std::size_t kLongestFeatureName = 128;

// What quickstarts look at before they register it.
constexpr std::string_view kWellKnown[] = {
    "Microsoft.VirtualMachineImages/VirtualMachineTemplatePreview",
    "Microsoft.VirtualMachineImages/MooncakePublicPreview",
    "Microsoft.VirtualMachineImages/FairfaxPublicPreview"};

bool is_well_known(std::string_view full_name) {
    return std::any_of(std::begin(kWellKnown), std::end(kWellKnown), [&](auto known) {
        return base::equal_ignoring_case(known, full_name);
    });
}

void check_feature_name(const std::string& name) {
    const bool plain = std::ranges::all_of(name, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
    });
    if (!plain || name.size() > kLongestFeatureName) {
        throw Error(ErrorKind::InvalidArgument,
                    "InvalidFeatureName",
                    fmt::format("'{}' is no name of a feature.", name));
    }
}

// "Microsoft.Compute/Feature", of a stored one by its id: …/providers/Microsoft.Compute/features/F.
std::string feature_name_of(const Resource& feature) {
    const auto path = resources::RequestPath::parse(feature.id);
    return path && path->names.size() == 2 ? path->names[0] + "/" + path->names[1] : feature.name();
}

object feature_document(const std::string& id,
                        const std::string& full_name,
                        std::string_view state) {
    return {
        {"id", id}, {"name", full_name}, {"type", kFeatures}, {"properties", {{"state", state}}}};
}

object shown_feature(const Resource& feature) {
    const auto* state = feature.internal.if_contains("state");
    return feature_document(
        feature.id,
        feature_name_of(feature),
        state == nullptr ? "NotRegistered" : std::string_view(state->as_string()));
}

ResourceType features_type(std::string_view name) {
    ResourceType type;
    type.name = name;
    type.api_versions = {"2021-07-01", "2015-12-01"};
    type.has_location = type.in_group = false;
    return type;
}

class Features {
  public:
    Features(const Services& services, const resources::LateRouter& router)
        : services_(services), router_(router) {}

    [[nodiscard]] Answer get(const Call& call) const {
        const auto full_name =
            known_namespace(*router_, call.path.names.front()) + "/" + call.name();
        if (const auto stored = services_.resources.find(call.path.key())) {
            return resources::ok(shown_feature(*stored));
        }
        if (!is_well_known(full_name)) {
            throw Error(ErrorKind::NotFound,
                        "FeatureNotFound",
                        fmt::format("The feature '{}' could not be found.", full_name));
        }
        return resources::ok(feature_document(call.path.id(kFeatures), full_name, "NotRegistered"));
    }

    [[nodiscard]] Answer list(const Call& call) const {
        return resources::list_page(
            call, features_type(kFeatures), services_.resources, {}, shown_feature);
    }

    [[nodiscard]] Answer list_of_provider(const Call& call) const {
        static_cast<void>(known_namespace(*router_, call.path.names.front()));
        return list(call);
    }

    [[nodiscard]] Answer set_state(const Call& call, std::string_view state) const {
        check_feature_name(call.name());
        const auto provider = known_namespace(*router_, call.path.names.front());
        Resource feature;
        feature.id = fmt::format("{}/providers/Microsoft.Features/providers/{}/features/{}",
                                 call.path.scope,
                                 provider,
                                 call.name());
        feature.type = kFeatures;
        feature.internal["state"] = state;
        feature.created = feature.changed = base::now();
        resources::Change change;
        change.writes.push_back({feature, resources::Expectation::anything()});
        change.activities.push_back(resources::activity_of(
            call,
            fmt::format("{}/{}/action", kFeatures, base::to_lower(call.path.tail)),
            feature.id));
        static_cast<void>(services_.resources.apply(change));
        return resources::ok(shown_feature(feature));
    }

  private:
    const Services& services_;
    const resources::LateRouter& router_;
};

}  // namespace

std::vector<ResourceType> features(const Services& services, const resources::LateRouter& router) {
    const Features verbs(services, router);
    auto type = features_type(kFeatures);
    type.get = [verbs](const Call& call) { return verbs.get(call); };
    type.list = [verbs](const Call& call) { return verbs.list_of_provider(call); };
    type.actions["register"] = [verbs](const Call& call) {
        return verbs.set_state(call, "Registered");
    };
    type.actions["unregister"] = [verbs](const Call& call) {
        return verbs.set_state(call, "Unregistered");
    };
    auto all = features_type("Microsoft.Features/features");
    all.list = [verbs](const Call& call) { return verbs.list(call); };
    return {std::move(type), std::move(all)};
}

}  // namespace ingot::providers
