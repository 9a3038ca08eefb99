// SPDX-License-Identifier: Apache-2.0
// How large the build VM is: vmProfile.vmSize through the table of Azure's sizes, capped to what
// this host has.
#pragma once

#include "base/byte_count.h"

#include <string>

namespace ingot::build {

struct MachineShape {
    int vcpus = 1;
    base::ByteCount memory;
};

struct HostSize {
    int cores = 1;
    base::ByteCount memory;
};

[[nodiscard]] HostSize this_host();

// An empty size is Ingot's own default (decision 0005): two to four of the host's cores and 2 GiB.
// Throws Error{InvalidArgument, "UnknownVmSize"} that names sizes spelled alike.
[[nodiscard]] MachineShape machine_shape(const std::string& vm_size, const HostSize& host);

}  // namespace ingot::build
