// SPDX-License-Identifier: Apache-2.0
// Azure's VM sizes as vCPUs and memory, for vmProfile.vmSize. Fitting a size to the host is the
// caller's job.
#pragma once

#include "base/byte_count.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingot::vm {

struct VmSize {
    std::string name;  // as Azure spells it
    int vcpus = 0;
    base::ByteCount memory;
};

// Ignores case. Nothing for a size that is not in the table (vm_sizes.cpp says where it comes
// from).
[[nodiscard]] std::optional<VmSize> find_vm_size(std::string_view name);

// Up to three known names that are spelled most like `name`: for the message about an unknown one.
[[nodiscard]] std::vector<std::string> nearest_vm_sizes(std::string_view name);

// What the real service takes when vmSize is empty.
inline constexpr std::string_view kDefaultVmSizeV1 = "Standard_D1_v2";
inline constexpr std::string_view kDefaultVmSizeV2 = "Standard_D2ds_v4";

}  // namespace ingot::vm
