// SPDX-License-Identifier: Apache-2.0
#include "providers/namespaces.h"

#include "base/ascii.h"
#include "base/error.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace ingot::providers {
namespace {

constexpr std::string_view kUnserved[] = {
    "Microsoft.ContainerInstance", "Microsoft.KeyVault", "Microsoft.Network", "Microsoft.Storage"};
constexpr std::string_view kFree[] = {
    "Ingot.Identity", "Microsoft.Authorization", "Microsoft.Features", "Microsoft.Resources"};

void add(std::vector<std::string>& names, std::string_view name) {
    const auto is_it = [&](const auto& known) { return base::equal_ignoring_case(known, name); };
    if (std::ranges::none_of(names, is_it)) {
        names.emplace_back(name);
    }
}

}  // namespace

std::vector<std::string> served_namespaces(const resources::Router& router) {
    std::vector<std::string> names;
    for (const auto& type : router.types()) {
        add(names, type.provider());
    }
    return names;
}

std::vector<std::string> namespaces(const resources::Router& router) {
    auto names = served_namespaces(router);
    for (const auto name : kUnserved) {
        add(names, name);
    }
    return names;
}

std::string known_namespace(const resources::Router& router, std::string_view name) {
    for (auto& known : namespaces(router)) {
        if (base::equal_ignoring_case(known, name)) {
            return known;
        }
    }
    throw base::Error(base::ErrorKind::NotFound,
                      "InvalidResourceNamespace",
                      fmt::format("The resource namespace '{}' is invalid.", name));
}

bool needs_no_registration(std::string_view provider) {
    return std::any_of(std::begin(kFree), std::end(kFree), [&](auto name) {
        return base::equal_ignoring_case(name, provider);
    });
}

}  // namespace ingot::providers
