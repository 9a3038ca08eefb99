// SPDX-License-Identifier: Apache-2.0
#include "providers/managed_images.h"

#include "base/error.h"
#include "providers/body_members.h"
#include "providers/compute_rules.h"
#include "providers/image_disks.h"
#include "resources/documents.h"

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace ingot::providers {
namespace {

using boost::json::object;
using resources::Call;
using resources::Resource;

[[noreturn]] void refuse_new(const Call& call) {
    throw base::Error(
        base::ErrorKind::InvalidArgument,
        "OperationNotAllowed",
        fmt::format("The image '{}' cannot be created from a disk, a snapshot, a blob or a virtual "
                    "machine: there are none here. Managed images are made by running an image "
                    "template (Microsoft.VirtualMachineImages/imageTemplates) with a distributor "
                    "of type ManagedImage; those that exist can be tagged and deleted.",
                    call.name()),
        "image.properties.storageProfile.osDisk");
}

void refuse_source(const object& os_disk, const object& properties) {
    for (const auto* name : {"managedDisk", "snapshot", "blobUri"}) {
        if (os_disk.contains(name)) {
            throw change_not_allowed(fmt::format("storageProfile.osDisk.{}", name));
        }
    }
    if (properties.contains("sourceVirtualMachine")) {
        throw change_not_allowed("sourceVirtualMachine");
    }
}

void refuse_changed_disk(object os_disk, const object& before) {
    for (const auto* name : {"osType", "osState", "diskSizeGB"}) {
        keep_property(os_disk, before, name, "storageProfile.osDisk");
    }
}

void refuse_data_disks(const object& storage) {
    const auto* disks = storage.if_contains("dataDisks");
    if (disks != nullptr && (!disks->is_array() || !disks->get_array().empty())) {
        throw change_not_allowed("storageProfile.dataDisks");
    }
}

// What was published never changes: az sends it back with an update, and so it is looked at and
// then kept as it is.
void keep_image(const Resource& known, Resource& wanted) {
    auto& properties = wanted.properties();
    drop_nulls(properties);
    const auto& storage = object_member(properties, "storageProfile");
    const auto& os_disk = object_member(storage, "osDisk");
    const auto& known_storage = object_member(known.properties(), "storageProfile");
    refuse_source(os_disk, properties);
    refuse_changed_disk(os_disk, object_member(known_storage, "osDisk"));
    refuse_data_disks(storage);
    keep_property(properties, known.properties(), "hyperVGeneration", "image.properties");
    wanted.body = known.body;
}

}  // namespace

resources::ResourceType managed_images(const Services& services) {
    resources::DocumentRules rules;
    rules.complete = [](const Call& call, const Resource* known, Resource& wanted) {
        if (known == nullptr) {
            refuse_new(call);
        }
        keep_image(*known, wanted);
    };
    auto type = resources::document_type({.name = "Microsoft.Compute/images",
                                          .api_versions = {"2026-03-01",
                                                           "2025-04-01",
                                                           "2024-11-01",
                                                           "2024-07-01",
                                                           "2024-03-01",
                                                           "2023-09-01",
                                                           "2023-03-01",
                                                           "2022-11-01",
                                                           "2022-08-01",
                                                           "2022-03-01",
                                                           "2021-11-01",
                                                           "2021-07-01",
                                                           "2020-12-01",
                                                           "2020-06-01",
                                                           "2019-12-01",
                                                           "2019-07-01",
                                                           "2018-10-01",
                                                           "2018-06-01",
                                                           "2017-12-01"}},
                                         std::move(rules),
                                         services.resources);
    type.remove = removing_disk(type.remove, services);
    return type;
}

}  // namespace ingot::providers
