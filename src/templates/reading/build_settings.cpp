// SPDX-License-Identifier: Apache-2.0
// The build VM, its identity, and what happens on errors.
#include "templates/reading/parts.h"

#include <fmt/format.h>

namespace ingot::templates {
namespace {

void check_network(const Node& network, Findings& findings) {
    if (!network.has("containerInstanceSubnetId")) {
        return;
    }
    if (!network.has("subnetId")) {
        findings.missing(network.path(), "subnetId");
    }
    if (network.has("proxyVmSize")) {
        findings.invalid("ValidationFailed",
                         network.path(),
                         "'proxyVmSize' must not be given together with "
                         "'containerInstanceSubnetId'.");
    }
}

}  // namespace

VmProfile read_vm_profile(const Node& profile, Findings& findings) {
    check_network(profile.child("vnetConfig"), findings);
    return {.vm_size = profile.text("vmSize"), .os_disk_size_gb = profile.integer("osDiskSizeGB")};
}

OnError read_on_error(const Node& error_handling, std::string_view field) {
    return error_handling.text(field) == "abort" ? OnError::Abort : OnError::Cleanup;
}

}  // namespace ingot::templates
