// SPDX-License-Identifier: Apache-2.0
#include "vm/machine_spec.h"

namespace ingot::vm {

std::string to_string(Accelerator accelerator) {
    return accelerator == Accelerator::Kvm ? "kvm" : "tcg";
}

std::string default_cpu_model(Accelerator accelerator) {
    return accelerator == Accelerator::Kvm ? "host" : "qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt";
}

}  // namespace ingot::vm
