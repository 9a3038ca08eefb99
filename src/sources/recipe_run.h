// SPDX-License-Identifier: Apache-2.0
// Carries out a recipe of the catalogue: its script makes a disk from a distribution's packages,
// as root inside namespaces of its own, so that neither mounts nor processes can be left behind and
// an ordinary user can do it too (with subordinate ids). The contract with the script stands at the
// top of catalog/recipes/debian-12.sh.
#pragma once

#include "base/cancellation.h"
#include "os/files.h"
#include "sources/catalog.h"
#include "sources/host_apt.h"

#include <functional>
#include <string_view>

namespace ingot::sources {

using Say = std::function<void(std::string_view line)>;

// Leaves the raw disk in `folder`/disk.raw; `folder` exists and is empty. Throws Error{Unavailable,
// "RecipeFailed"} with the script's last words, and Error{NotFound, "ProgramNotFound"}.
void run_recipe(const Recipe& recipe,
                const AptSetup& apt,
                const os::Path& folder,
                const Say& say,
                const base::Cancellation& cancellation);

// Removes what a recipe may have left in `folder`: as an ordinary user some of it belongs to
// subordinate ids, which only a user namespace can remove.
void remove_recipe_folder(const os::Path& folder);

}  // namespace ingot::sources
