// SPDX-License-Identifier: Apache-2.0
// Microsoft.VirtualMachineImages/imageTemplates/runs, which the original does not have: every run
// of a template with its steps, timings and outputs, its log as text, and both live. What happens
// in a run is build/'s knowledge; this only shows its journal.
//
//   GET …/runs, …/runs/ID               runs, newest first; one run with its steps
//   GET …/runs/ID/logs[?follow=true]    customization.log as text
//   GET …/runs/ID/events[?after=N]      the journal as server-sent events, to the run's end
#pragma once

#include "providers/services.h"
#include "resources/resource_type.h"

#include <vector>

namespace ingot::providers {

// `services` must outlive the types.
[[nodiscard]] std::vector<resources::ResourceType> runs(const Services& services);

}  // namespace ingot::providers
