// SPDX-License-Identifier: Apache-2.0
// The file of `ingot serve --issuers`: which OpenID Connect issuers the service trusts. Reading and
// checking it; asking the issuers for their keys is identity/oidc_issuer.h's job.
#pragma once

#include "daemon/service.h"
#include "os/files.h"

#include <vector>

namespace ingot::cli {

// Throws Error{InvalidArgument, "InvalidIssuers"} whose message names everything that is wrong, one
// FILE:LINE:COLUMN a line.
[[nodiscard]] std::vector<daemon::TrustedIssuer> read_issuers(const os::Path& file);

}  // namespace ingot::cli
