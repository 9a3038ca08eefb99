// SPDX-License-Identifier: Apache-2.0
// Long-running operations of Microsoft.VirtualMachineImages: the headers by which a client finds
// one, its status, and the list of what the namespace can do. An operation that stands for a run
// has the run's state.
#pragma once

#include "providers/services.h"
#include "resources/call.h"
#include "resources/resource_type.h"

#include <string>
#include <vector>

namespace ingot::providers {

// A new operation on this resource, started now.
[[nodiscard]] resources::Operation new_operation(const resources::Call& call,
                                                 const std::string& resource_key);

enum class PollBy { AsyncOperation, AsyncOperationAndLocation };

// Adds the headers, and after how many seconds to look again.
void point_to(const resources::Operation& operation,
              const resources::Call& call,
              const std::string& location,
              PollBy by,
              resources::Answer& answer);

// …/locations/L/operations/ID and the tenant-level list of operations.
[[nodiscard]] std::vector<resources::ResourceType> image_builder_operations(
    const Services& services);

}  // namespace ingot::providers
