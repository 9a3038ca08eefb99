// SPDX-License-Identifier: Apache-2.0
// Functions that answer from where and when the deployment takes place.
#include "arm/template_language/functions.h"
#include "arm/template_language/utc_format.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace ingot::arm {
namespace {

using boost::json::object;
using boost::json::value;

std::string subscription_path(std::string_view subscription_id) {
    return fmt::format("/subscriptions/{}", subscription_id);
}

std::string group_path(std::string_view subscription_id, std::string_view group) {
    return fmt::format("{}/resourceGroups/{}", subscription_path(subscription_id), group);
}

// "Microsoft.Compute/galleries/images", "g", "d" ->
// "/providers/Microsoft.Compute/galleries/g/images/d"
std::string provider_path(const Arguments& arguments, std::size_t type_at) {
    std::string_view type = arguments.text(type_at);
    const auto provider = type.substr(0, type.find('/'));
    std::string path = fmt::format("/providers/{}", provider);
    type.remove_prefix(provider.size());
    std::size_t name_at = type_at + 1;
    for (; !type.empty() && name_at < arguments.size(); ++name_at) {
        type.remove_prefix(1);
        const auto word = type.substr(0, type.find('/'));
        path += fmt::format("/{}/{}", word, arguments.text(name_at));
        type.remove_prefix(word.size());
    }
    if (!type.empty() || name_at != arguments.size()) {
        arguments.fail(fmt::format("the resource type '{}' needs one name for each of its words",
                                   arguments.text(type_at)));
    }
    return path;
}

// The first argument with a slash is the type; what stands before it is the scope.
std::size_t find_type(const Arguments& arguments, std::size_t most_before) {
    const auto last = std::min(arguments.size(), most_before + 1);
    for (std::size_t i = 0; i < last; ++i) {
        if (arguments.text(i).find('/') != std::string_view::npos) {
            return i;
        }
    }
    arguments.fail("no resource type such as Microsoft.Compute/images is among its arguments");
}

value resource_id(const Arguments& arguments) {
    const auto& scope = arguments.context().scope;
    const auto type_at = find_type(arguments, 2);
    const auto subscription = type_at == 2 ? arguments.text(0) : scope.subscription_id;
    const auto group = type_at == 0 ? scope.resource_group : arguments.text(type_at - 1);
    return value(group_path(subscription, group) + provider_path(arguments, type_at));
}

value subscription_resource_id(const Arguments& arguments) {
    const auto type_at = find_type(arguments, 1);
    const auto subscription =
        type_at == 1 ? arguments.text(0) : arguments.context().scope.subscription_id;
    return value(subscription_path(subscription) + provider_path(arguments, type_at));
}

value resource_group(const Arguments& arguments) {
    const auto& scope = arguments.context().scope;
    return object{{"id", group_path(scope.subscription_id, scope.resource_group)},
                  {"name", scope.resource_group},
                  {"type", "Microsoft.Resources/resourceGroups"},
                  {"location", scope.location},
                  {"tags", object()},
                  {"properties", object{{"provisioningState", "Succeeded"}}}};
}

value subscription(const Arguments& arguments) {
    const auto& scope = arguments.context().scope;
    return object{{"id", subscription_path(scope.subscription_id)},
                  {"subscriptionId", scope.subscription_id},
                  {"tenantId", scope.tenant_id},
                  {"displayName", scope.subscription_id}};
}

value tenant(const Arguments& arguments) {
    return object{{"tenantId", arguments.context().scope.tenant_id}};
}

// ARM allows it in defaults of parameters only, so that a deployment has one time.
value utc_now(const Arguments& arguments) {
    if (!arguments.context().in_parameter_default) {
        arguments.fail("it may stand in the defaultValue of a parameter only");
    }
    const auto format = arguments.size() > 0 ? arguments.text(0) : "yyyyMMddTHHmmssZ";
    const auto text = format_utc(arguments.context().scope.now, format);
    if (!text) {
        arguments.fail(fmt::format("the format '{}' is not one that Ingot knows", format));
    }
    return value(*text);
}

constexpr Function kScopeFunctions[] = {
    {"resourceGroup", 0, 0, resource_group},
    {"resourceId", 2, kAnyNumber, resource_id},
    {"subscription", 0, 0, subscription},
    {"subscriptionResourceId", 2, kAnyNumber, subscription_resource_id},
    {"tenant", 0, 0, tenant},
    {"utcNow", 0, 1, utc_now},
};

}  // namespace

std::span<const Function> scope_functions() {
    return kScopeFunctions;
}

}  // namespace ingot::arm
