// SPDX-License-Identifier: Apache-2.0
// Lets a person into the VM of a failed run: the worker, which alone can reach the guest, keeps a
// door in the run's folder (a Unix socket beside the key), and `ingot run shell` goes through it.
// What is done inside is the person's business.
#pragma once

#include "base/cancellation.h"
#include "build/build_vm.h"
#include "guest/ssh_communicator.h"
#include "os/files.h"

namespace ingot::build {

// Serves until the scope is cancelled (throws Cancelled) or the VM has ended (returns).
void keep_door_open(BuildVm& vm,
                    const os::Path& run_folder,
                    const base::Cancellation& cancellation);

// For another process of the same user. Throws Error{NotFound, "NoOpenDoor"} if the run keeps no
// VM.
[[nodiscard]] guest::GuestAccess through_door(const os::Path& run_folder);

}  // namespace ingot::build
