// SPDX-License-Identifier: Apache-2.0
// Which machines a memory state fits: those with the same text here. It stands for the QEMU that is
// installed, the accelerator, and the machine's shape and devices; what is on its disks is for the
// caller to know.
#pragma once

#include "vm/machine_spec.h"

#include <string>

namespace ingot::vm {

// A digest, in hexadecimal. Looks at QEMU's file, but does not start it. Throws Error{NotFound,
// "ProgramNotFound"}.
[[nodiscard]] std::string machine_identity(const MachineSpec& spec);

}  // namespace ingot::vm
