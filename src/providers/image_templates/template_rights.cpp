// SPDX-License-Identifier: Apache-2.0
#include "providers/image_templates/template_rights.h"

#include "arm/resource_id.h"
#include "gallery/images.h"

#include <variant>

#include <boost/json/array.hpp>

namespace ingot::providers {
namespace {

class Collector {
  public:
    void need(std::string action, std::string scope) {
        rights_.push_back({std::move(action), std::move(scope)});
    }

    void operator()(const templates::PlatformImageSource&) {}

    void operator()(const templates::ManagedImageSource& source) {
        need("Microsoft.Compute/images/read", source.image_id);
    }

    void operator()(const templates::SharedImageVersionSource& source) {
        const auto parts = gallery::split_version_id(source.image_version_id);
        read_definition(parts ? parts->definition_id : source.image_version_id);
        need("Microsoft.Compute/galleries/images/versions/read", source.image_version_id);
    }

    void operator()(const templates::ManagedImageTarget& target) {
        for (const auto* verb : {"read", "write", "delete"}) {
            need(std::string("Microsoft.Compute/images/") + verb, target.image_id);
        }
    }

    void operator()(const templates::SharedImageTarget& target) {
        read_definition(target.gallery_image_id);
        for (const auto* verb : {"read", "write"}) {
            need(std::string("Microsoft.Compute/galleries/images/versions/") + verb,
                 target.gallery_image_id);
        }
    }

    void operator()(const templates::VhdTarget&) {}

    // Of the subnet, the build VM's identities and the staging group.
    void read_properties(const boost::json::object& properties) {
        if (const auto* profile = properties.if_contains("vmProfile")) {
            read_vm_profile(profile->get_object());
        }
        if (const auto* group = properties.if_contains("stagingResourceGroup")) {
            need("Microsoft.Resources/subscriptions/resourceGroups/write",
                 std::string(group->get_string()));
        }
    }

    [[nodiscard]] std::vector<NeededRight> take() { return std::move(rights_); }

  private:
    void read_definition(const std::string& id) {
        const auto definition = arm::ResourceId::try_parse(id);
        const auto gallery = definition ? definition->parent() : std::nullopt;
        if (gallery) {
            need("Microsoft.Compute/galleries/read", gallery->to_string());
        }
        need("Microsoft.Compute/galleries/images/read", id);
    }

    void read_vm_profile(const boost::json::object& profile) {
        if (const auto* identities = profile.if_contains("userAssignedIdentities")) {
            for (const auto& id : identities->get_array()) {
                need("Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
                     std::string(id.get_string()));
            }
        }
        const auto* network = profile.if_contains("vnetConfig");
        for (const auto* name : {"subnetId", "containerInstanceSubnetId"}) {
            const auto* subnet =
                network != nullptr ? network->get_object().if_contains(name) : nullptr;
            if (subnet != nullptr) {
                need("Microsoft.Network/virtualNetworks/subnets/join/action",
                     std::string(subnet->get_string()));
            }
        }
    }

    std::vector<NeededRight> rights_;
};

}  // namespace

std::vector<NeededRight> rights_needed(const templates::ImageTemplate& image_template,
                                       const boost::json::object& properties) {
    Collector collector;
    std::visit(collector, image_template.source);
    for (const auto& distributor : image_template.distribute) {
        std::visit(collector, distributor.target);
    }
    collector.read_properties(properties);
    return collector.take();
}

}  // namespace ingot::providers
