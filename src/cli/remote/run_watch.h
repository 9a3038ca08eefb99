// SPDX-License-Identifier: Apache-2.0
// Follows a run of a service by its server-sent events into a progress view, over interruptions of
// the connection: a service that is restarted leaves its runs alone.
#pragma once

#include "build/run.h"
#include "cli/progress/progress_view.h"
#include "cli/remote/service_client.h"

#include <string>

namespace ingot::cli {

// Returns the run at its end. Throws Error if the service stays away for half a minute.
[[nodiscard]] build::Run watch_run(ServiceClient& client,
                                   const std::string& run_id,
                                   ProgressView& view);

}  // namespace ingot::cli
