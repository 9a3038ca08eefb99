// SPDX-License-Identifier: Apache-2.0
// Makes the guest's disk nobody's: the service's protocol (/tmp/DeprovisioningScript.sh, which a
// customizer may replace) first, then what a golden image must never carry, whatever that script
// did: identity, host keys, the build user and its key, histories, leases. Waiting for the guest to
// power off is the pipeline's job.
#pragma once

#include "build/customizers/customizer.h"

#include <string>
#include <string_view>

namespace ingot::build {

inline constexpr std::string_view kDeprovisioningScript = "/tmp/DeprovisioningScript.sh";

// What the service puts there before the first customizer (reference: image-builder-json,
// "Generalize"): waagent where there is one.
[[nodiscard]] std::string default_deprovisioning_script();

// Run as root, as the very last thing: the deprovisioning script (a missing one is said and passed
// over, as the service does), then the rest. `user_removal` is the script that takes the build user
// away (guest/build_user.h). Prints kGeneralizedMarker when all is done and then powers the machine
// off.
[[nodiscard]] std::string seal_script(const std::string& user_removal);

// Runs seal_script(). Returns when the guest has said that it is generalized; it then powers off.
// Throws GuestCommandFailed.
void generalize(const StepContext& context, const std::string& user_removal);

inline constexpr std::string_view kGeneralizedMarker = "ingot: the guest is generalized";

}  // namespace ingot::build
