// SPDX-License-Identifier: Apache-2.0
// The id of an Azure resource:
// /subscriptions/S/resourceGroups/RG/providers/NS/type/name/child/name. A value that compares
// without case, as Azure Resource Manager does, and prints in the case it was written in. Whether
// such a resource exists is not its business, nor what a segment may contain: placeholders such as
// <subscriptionID> are segments like any other.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::arm {

class ResourceId {
  public:
    // A leading slash may be missing; a trailing one, an empty segment or a type without a name is
    // no id.
    [[nodiscard]] static std::optional<ResourceId> try_parse(std::string_view text);

    // Throws Error{InvalidArgument, "InvalidResourceId"}.
    [[nodiscard]] static ResourceId parse(std::string_view text);

    // Empty where the id does not reach so far (a subscription has no resource group).
    [[nodiscard]] const std::string& subscription() const { return subscription_; }

    [[nodiscard]] const std::string& resource_group() const { return resource_group_; }

    // "Microsoft.Compute"
    [[nodiscard]] const std::string& provider() const { return provider_; }

    // Without the provider: "galleries/images/versions".
    [[nodiscard]] std::string type() const;

    // Of the resource and its ancestors, outermost first; type_names() has as many.
    [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

    [[nodiscard]] const std::vector<std::string>& type_names() const { return types_; }

    // The last name; the group's or subscription's where the id ends there.
    [[nodiscard]] const std::string& name() const;

    // `full_type` is "Microsoft.Compute/galleries/images", compared without case.
    [[nodiscard]] bool is(std::string_view full_type) const;

    // The resource that contains this one: a definition's gallery, a gallery's group, a group's
    // subscription; nothing above that.
    [[nodiscard]] std::optional<ResourceId> parent() const;

    [[nodiscard]] ResourceId child(std::string_view type, std::string_view name) const;

    // In the case it was written in, with a leading slash.
    [[nodiscard]] std::string to_string() const;
    // Lower case: equal for equal ids, so it serves as a key.
    [[nodiscard]] std::string key() const;

    friend bool operator==(const ResourceId& a, const ResourceId& b) { return a.key() == b.key(); }

  private:
    ResourceId() = default;

    // The caller's spelling of "resourceGroups" is kept too: some services write it in lower case.
    std::string resource_groups_word_;
    std::string subscription_;
    std::string resource_group_;
    std::string provider_;
    std::vector<std::string> types_;
    std::vector<std::string> names_;
};

}  // namespace ingot::arm
